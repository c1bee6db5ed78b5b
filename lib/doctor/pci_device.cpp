#include "doctor/pci_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace natto {
namespace {

constexpr std::string_view kDevices = "sys/bus/pci/devices";
constexpr std::uint64_t kPrefetchable = 0x2000;  // IORESOURCE_PREFETCH

bool is_hex(std::string_view text, std::size_t min, std::size_t max) {
  return text.size() >= min && text.size() <= max &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// Each line of `resource` is the start, end and flags of a BAR.
std::vector<std::uint64_t> read_prefetchable_bars(const std::string& resource) {
  std::vector<std::uint64_t> bars;
  std::istringstream lines(resource);
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t flags = 0;
  while (lines >> std::hex >> start >> end >> flags) {
    if ((flags & kPrefetchable) != 0) {
      bars.push_back(start);
    }
  }
  return bars;
}

/// Walks the capabilities (PCI Local Bus Specification 3.0 §6.7, MSI-X §6.8.2).
std::optional<unsigned> read_msix_vectors(const std::string& config) {
  constexpr std::size_t kCapabilitiesPointer = 0x34;
  constexpr std::uint8_t kMsix = 0x11;
  const auto byte = [&config](std::size_t at) { return static_cast<std::uint8_t>(config[at]); };
  if (config.size() <= kCapabilitiesPointer) {
    return std::nullopt;
  }
  std::size_t at = byte(kCapabilitiesPointer) & 0xfcU;
  // A list that runs in circles has more members than there is room for.
  for (int hops = 0; hops < 64 && at >= 0x40 && at + 4 <= config.size(); ++hops) {
    if (byte(at) == kMsix) {
      return ((byte(at + 2) | static_cast<unsigned>(byte(at + 3)) << 8) & 0x7ffU) + 1;
    }
    at = byte(at + 1) & 0xfcU;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> pci_address(std::string_view device) {
  std::string address(device.substr(0, device.find(',')));
  if (std::ranges::count(address, ':') == 1) {
    address.insert(0, "0000:");
  }
  const std::size_t bus = address.find(':');
  const std::size_t slot = bus == std::string::npos ? bus : address.find(':', bus + 1);
  const std::size_t function = slot == std::string::npos ? slot : address.find('.', slot);
  if (function == std::string::npos) {
    return std::nullopt;
  }
  const std::string_view view = address;
  if (!is_hex(view.substr(0, bus), 4, 8) || !is_hex(view.substr(bus + 1, slot - bus - 1), 2, 2) ||
      !is_hex(view.substr(slot + 1, function - slot - 1), 2, 2) ||
      !is_hex(view.substr(function + 1), 1, 1)) {
    return std::nullopt;
  }
  std::ranges::transform(address, address.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return address;
}

PciDevice read_pci_device(const Tree& tree, const std::string& address) {
  PciDevice device{.address = address};
  const std::string folder = fmt::format("{}/{}", kDevices, address);
  if (!tree.has(kDevices)) {
    return device;
  }
  const auto names = tree.names(folder);
  if (!names) {
    device.presence = PciDevice::Presence::kAbsent;
    return device;
  }
  device.presence = PciDevice::Presence::kPresent;
  device.driver = tree.link(folder + "/driver").value_or("");
  device.vendor = tree.number(folder + "/vendor");
  device.numa_node = tree.number(folder + "/numa_node");
  device.prefetchable_bars = read_prefetchable_bars(tree.text(folder + "/resource").value_or(""));
  device.has_wc_resource = std::ranges::any_of(*names, [](const std::string& name) {
    return name.starts_with("resource") && name.ends_with("_wc");
  });
  device.msix_vectors = read_msix_vectors(tree.bytes(folder + "/config").value_or(""));
  return device;
}

std::vector<PciDevice> devices_for_dpdk(const Tree& tree) {
  std::vector<PciDevice> devices;
  for (const std::string& address : tree.names(kDevices).value_or(std::vector<std::string>{})) {
    const auto device_class = tree.number(fmt::format("{}/{}/class", kDevices, address));
    if (device_class && *device_class >> 16 == 0x02) {  // network controller
      PciDevice device = read_pci_device(tree, address);
      if (device.is_for_dpdk()) {
        devices.push_back(std::move(device));
      }
    }
  }
  return devices;
}

}  // namespace natto
