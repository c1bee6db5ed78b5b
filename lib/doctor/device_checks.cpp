#include "doctor/device_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/device_arguments.hpp"

namespace natto {
namespace {

bool any_with_driver(const std::vector<PciDevice>& devices, std::string_view driver) {
  return std::ranges::any_of(devices,
                             [driver](const PciDevice& device) { return device.driver == driver; });
}

/// The value of `--iova-mode`; empty if it is left out.
std::string asked_iova_mode(const std::vector<std::string>& eal) {
  constexpr std::string_view kOption = "--iova-mode";
  for (std::size_t i = 0; i < eal.size(); ++i) {
    if (eal[i].starts_with("--iova-mode=")) {
      return eal[i].substr(kOption.size() + 1);
    }
    if (eal[i] == kOption && i + 1 < eal.size()) {
      return eal[i + 1];
    }
  }
  return "";
}

/// The value of the device argument `name`; absent if it is left out.
std::optional<std::string> device_argument(std::string_view device, std::string_view name) {
  const std::vector<std::string> values = devarg_values(device, {name});
  return values.empty() ? std::nullopt : std::optional(values.front());
}

/// How x86 maps the physical address: "write-combining", "uncached-minus"; empty: not at all. A
/// line is "PAT: [mem 0x00000000fe900000-0x00000000fea00000] write-combining".
std::string memory_type_at(const std::string& memory_types, std::uint64_t address) {
  std::istringstream lines(memory_types);
  for (std::string line; std::getline(lines, line);) {
    const std::string start = fmt::format("0x{:016x}-", address);
    const std::size_t type = line.find("] ");
    if (line.find(start) != std::string::npos && type != std::string::npos) {
      return line.substr(type + 2);
    }
  }
  return "";
}

/// How programs map the device now, if one does and the kernel tells.
std::string mapped_as(const Machine& machine, const PciDevice& device) {
  for (const std::uint64_t bar : device.prefetchable_bars) {
    std::string type = memory_type_at(machine.memory_types.value_or(""), bar);
    if (!type.empty()) {
      return type;
    }
  }
  return "";
}

// What lib/dpdk/pci_access.cpp asks for.
constexpr std::string_view kPhysicalByVfio =
    "physical addresses: natto needs CAP_SYS_ADMIN and CAP_SYS_RAWIO, as natto.service has, or "
    "root";
constexpr std::string_view kPhysicalByUio =
    "physical addresses: natto needs CAP_SYS_ADMIN and the uio files, or root";

constexpr std::string_view kHowToMapWriteCombining =
    "load igb_uio with wc_activate=1, or the vfio-pci patched with amzn-drivers' "
    "get-vfio-with-wc.sh";

constexpr std::string_view kLookWhileNattoRuns =
    "run natto doctor as root while natto runs: the kernel then shows it";

}  // namespace

Finding check_iommu(const Machine& machine, const std::vector<PciDevice>& devices) {
  const Finder found(Check::kIommu);
  const bool with_igb_uio = any_with_driver(devices, "igb_uio");
  if (!machine.iommu) {
    return found.unseen("/sys/kernel/iommu_groups cannot be listed",
                        "look for an IOMMU with dmesg | grep -i iommu");
  }
  if (*machine.iommu) {
    return with_igb_uio ? found.warning("an IOMMU is on, and igb_uio does not support it",
                                        "bind the card to vfio-pci instead")
                        : found.ok("an IOMMU is on");
  }
  if (machine.vfio_no_iommu.value_or(false)) {
    return found.ok("there is none, and vfio is in no-IOMMU mode");
  }
  if (with_igb_uio && !any_with_driver(devices, "vfio-pci")) {
    return found.ok("there is none, and igb_uio needs none");
  }
  const std::string what = machine.vfio_no_iommu ? "there is none, and vfio is not in no-IOMMU mode"
                                                 : "there is none, and vfio is not loaded";
  const std::string advice =
      "natto-bind MAC; or by hand: modprobe vfio-pci; echo 1 > "
      "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode";
  return any_with_driver(devices, "vfio-pci") ? found.wrong(what, advice)
                                              : found.warning(what, advice);
}

Finding check_iova(const Machine& machine, const std::vector<PciDevice>& devices,
                   const Needs* needs) {
  const Finder found(Check::kIova);
  const std::string asked =
      needs != nullptr ? asked_iova_mode(needs->config().dpdk.eal) : std::string();
  const bool with_uio =
      any_with_driver(devices, "igb_uio") || any_with_driver(devices, "uio_pci_generic");
  if (!with_uio && !machine.iommu) {
    return found.unseen("it depends on the IOMMU, which could not be checked",
                        "start natto run: DPDK says what it cannot use");
  }
  if (with_uio || !*machine.iommu) {
    return asked == "va" ? found.wrong("[dpdk] eal asks for virtual addresses, which need an IOMMU",
                                       "take --iova-mode out of [dpdk] eal")
                         : found.ok(std::string(with_uio ? kPhysicalByUio : kPhysicalByVfio));
  }
  return asked == "pa"
             ? found.warning("[dpdk] eal asks for physical addresses in spite of the IOMMU",
                             "take --iova-mode out of [dpdk] eal")
             : found.ok("virtual addresses, by the IOMMU");
}

std::string how_to_bind(std::string_view address) {
  return fmt::format(
      "natto-bind MAC, for every boot too; or by hand: dpdk-devbind.py --bind=vfio-pci {}",
      address);
}

Finding check_driver(const PciDevice& device) {
  const Finder found(Check::kDriver, device.address);
  const std::string bind = how_to_bind(device.address);
  if (device.presence == PciDevice::Presence::kUnseen) {
    return found.unseen("/sys/bus/pci/devices is not there", "look with dpdk-devbind.py --status");
  }
  if (device.presence == PciDevice::Presence::kAbsent) {
    return found.wrong("the machine has no such PCI device",
                       "take its address from dpdk-devbind.py --status");
  }
  if (device.driver == "vfio-pci" || device.driver == "igb_uio") {
    return found.ok(device.driver);
  }
  if (device.driver == "uio_pci_generic") {
    return found.warning("uio_pci_generic, which AWS does not name for ENA", bind);
  }
  if (device.driver == "mlx4_core" || device.driver == "mlx5_core") {
    return found.ok(device.driver + ", which DPDK works beside");
  }
  return device.driver.empty()
             ? found.wrong("no driver has it", bind)
             : found.wrong(fmt::format("the kernel's {} still has it", device.driver),
                           bind + " (SSH needs another interface, or kernel_interface)");
}

Finding check_write_combining(const Machine& machine, const PciDevice& device) {
  const Finder found(Check::kWriteCombining, device.address);
  if (!device.is_for_dpdk()) {
    return found.unseen("no driver for DPDK has the card", "bind it first");
  }
  if (const std::string type = mapped_as(machine, device); !type.empty()) {
    return type == "write-combining"
               ? found.ok("the card's memory is mapped write-combining")
               : found.wrong(fmt::format("the card's memory is mapped {}", type),
                             std::string(kHowToMapWriteCombining));
  }
  if (device.prefetchable_bars.empty()) {
    return found.unseen("the card shows no prefetchable memory, where LLQ would be",
                        "lspci -v shows it; without it there is no LLQ, and nothing to map");
  }
  if (!device.has_wc_resource) {
    return found.wrong("this kernel cannot map memory write-combining",
                       "take nopat out of the kernel's command line");
  }
  if (device.driver == "igb_uio" && machine.igb_uio_wc) {
    return *machine.igb_uio_wc
               ? found.ok("igb_uio is loaded with wc_activate=1")
               : found.wrong("igb_uio is loaded with wc_activate=0",
                             "set wc_activate=1 in /etc/modprobe.d, and load it again");
  }
  if (device.driver == "vfio-pci" && !machine.vfio_is_rebuilt) {
    return found.warning("the kernel's own vfio-pci maps the card's memory uncached",
                         std::string(kHowToMapWriteCombining));
  }
  return found.unseen(
      device.driver == "vfio-pci"
          ? "vfio-pci is not the kernel's own, perhaps the patched one"
          : fmt::format("{} does not show how it maps the card's memory", device.driver),
      std::string(kLookWhileNattoRuns));
}

Finding check_llq(const PciDevice& device, std::string_view device_text, const DpdkVersion& dpdk) {
  const Finder found(Check::kLlq, device.address);
  if (!device.vendor) {
    return found.unseen("the card's vendor cannot be read",
                        "if it is an ENA card, see that device turns no LLQ off");
  }
  const bool has_policy = dpdk >= DpdkVersion{24, 11, 0};
  const auto enable = device_argument(device_text, "enable_llq");
  const auto policy = device_argument(device_text, "llq_policy");
  const std::string version = fmt::format("DPDK {}.{:02}.{}", dpdk.year, dpdk.month, dpdk.minor);
  if ((enable && has_policy) || (policy && !has_policy)) {
    return found.wrong(
        fmt::format("{} does not know {}", version, has_policy ? "enable_llq" : "llq_policy"),
        "take it out of device: the card does not start with it");
  }
  if (enable == "0" || policy == "0") {
    return found.wrong(
        "device turns it off, and ENA is slow without it",
        fmt::format("take {} out of device", enable ? "enable_llq=0" : "llq_policy=0"));
  }
  if (dpdk >= DpdkVersion{24, 11, 0} && dpdk < DpdkVersion{24, 11, 2} && !policy) {
    return found.ok(
        fmt::format("natto adds llq_policy=1, without which {} leaves it off", version));
  }
  return found.ok(fmt::format("{} leaves it on", version));
}

Finding check_numa(const Machine& machine, const PciDevice& device, const Needs& needs) {
  const Finder found(Check::kNuma, device.address);
  if (machine.nodes.size() == 1) {
    return found.ok("the machine has one node");
  }
  if (machine.nodes.empty() || device.numa_node.value_or(-1) < 0 || needs.places_lcores_itself()) {
    return found.unseen("the nodes of the card and of the lcores could not be read",
                        "compare lcores with lscpu and the card's numa_node in /sys");
  }
  std::vector<unsigned> far;
  for (const NumaNode& node : machine.nodes) {
    if (node.number != *device.numa_node) {
      std::ranges::set_intersection(node.cpus, needs.config().dpdk.lcores, std::back_inserter(far));
    }
  }
  std::ranges::sort(far);
  return far.empty() ? found.ok(fmt::format("card and workers are on node {}", *device.numa_node))
                     : found.warning(fmt::format("the card is on node {}, lcores {} are not",
                                                 *device.numa_node, cpu_list(far)),
                                     "choose lcores of the card's node (lscpu)");
}

Finding check_queues(const PciDevice& device, std::size_t workers) {
  const Finder found(Check::kQueues, device.address);
  if (!device.is_ena() || !device.msix_vectors) {
    return found.unseen(fmt::format("natto needs {}, one for each worker", workers),
                        device.is_ena() ? "run natto doctor as root to see how many the card has"
                                        : "natto run says if the card has fewer");
  }
  // One vector is for the device's administration, one for each pair of queues.
  const std::size_t queues = *device.msix_vectors - 1;
  const std::string what = fmt::format("the card has at most {}, natto needs {}", queues, workers);
  return queues >= workers
             ? found.ok(what)
             : found.wrong(what, fmt::format("name at most {} cores in [dpdk] lcores", queues));
}

Link link_of(const PortConfig& port, const Machine& machine, const Tree& tree) {
  if (pci_address(port.device)) {
    return machine.on_ec2 ? Link{"a VPC", 9001} : Link{"the link", std::nullopt};
  }
  const auto interface = interface_of(port);
  if (!interface) {
    return {"the device", std::nullopt};
  }
  return {*interface, tree.number(fmt::format("sys/class/net/{}/mtu", *interface))};
}

Finding check_mtu(const PortConfig& port, const Link& link) {
  const Finder found(Check::kMtu, port.realm);
  // Peering between regions, and transit gateways, carry no more.
  constexpr int kBetweenRegions = 8500;
  if (!link.mtu) {
    return found.unseen(fmt::format("mtu = {}; {} does not show its own", port.mtu, link.name),
                        "see that the whole path carries it");
  }
  const std::string what = fmt::format("mtu = {}, {} carries {}", port.mtu, link.name, *link.mtu);
  if (port.mtu > *link.mtu) {
    return found.wrong(what, fmt::format("set mtu = {}: what is larger is lost", *link.mtu));
  }
  if (port.mtu < std::min<std::int64_t>(*link.mtu, kBetweenRegions)) {
    return found.warning(
        what, fmt::format("set mtu = {}, unless the path carries less: natto fragments larger "
                          "packets or refuses them",
                          *link.mtu));
  }
  return found.ok(what);
}

std::optional<std::string> interface_of(const PortConfig& port) {
  auto interface = device_argument(port.device, "iface");
  return interface && interface->find('/') == std::string::npos ? interface : std::nullopt;
}

Finding check_checksums(const PortConfig& port, const VethPeer& peer) {
  const Finder found(Check::kChecksums, port.realm);
  if (peer.name.empty()) {
    return found.unseen("the veth's other end is in another network namespace",
                        "there: ethtool -K INTERFACE tx off; else pings pass, and TCP does not");
  }
  return peer.leaves_checksums
             ? found.wrong(
                   fmt::format("{} leaves TCP and UDP checksums half made", peer.name),
                   fmt::format("ethtool -K {} tx off: receivers discard those packets", peer.name))
             : found.ok(fmt::format("{} makes whole checksums", peer.name));
}

}  // namespace natto
