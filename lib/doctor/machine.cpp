#include "doctor/machine.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <string_view>

namespace natto {
namespace {

constexpr std::string_view kCpuFolder = "sys/devices/system/cpu";
constexpr std::string_view kNodeFolder = "sys/devices/system/node";

/// 6 for "node6" with `prefix` "node".
std::optional<unsigned> number_after(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  unsigned value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  const bool whole = error == std::errc{} && end == name.data() + name.size();
  return whole ? std::optional(value) : std::nullopt;
}

std::uint64_t count_in(const Tree& tree, const std::string& file) {
  const auto number = tree.number(file);
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

std::optional<HugepageMemory> read_hugepages(const Tree& tree, const std::string& folder) {
  const auto names = tree.names(folder);
  if (!names) {
    return std::nullopt;
  }
  std::uint64_t total_kib = 0;
  std::uint64_t free_kib = 0;
  for (const std::string& name : *names) {
    // hugepages-2048kB
    const std::string_view size(name.data(), name.ends_with("kB") ? name.size() - 2 : 0);
    const std::uint64_t page_kib = number_after("hugepages-", size).value_or(0);
    total_kib += page_kib * count_in(tree, fmt::format("{}/{}/nr_hugepages", folder, name));
    free_kib += page_kib * count_in(tree, fmt::format("{}/{}/free_hugepages", folder, name));
  }
  return HugepageMemory{.total_mib = total_kib / 1024, .free_mib = free_kib / 1024};
}

std::vector<NumaNode> read_nodes(const Tree& tree) {
  std::vector<NumaNode> nodes;
  for (const unsigned number :
       tree.cpus(fmt::format("{}/online", kNodeFolder)).value_or(std::vector<unsigned>{})) {
    const std::string folder = fmt::format("{}/node{}", kNodeFolder, number);
    nodes.push_back({.number = number,
                     .cpus = tree.cpus(folder + "/cpulist").value_or(std::vector<unsigned>{}),
                     .hugepages = read_hugepages(tree, folder + "/hugepages")});
  }
  return nodes;
}

std::optional<bool> read_iommu(const Tree& tree) {
  const std::string folder = "sys/kernel/iommu_groups";
  const auto groups = tree.names(folder);
  if (!groups) {
    return std::nullopt;
  }
  for (const std::string& group : *groups) {
    // A device that vfio took in no-IOMMU mode has a group too, made for it by vfio.
    if (tree.text(fmt::format("{}/{}/name", folder, group)) != "vfio-noiommu") {
      return true;
    }
  }
  return false;
}

std::optional<bool> read_vfio_no_iommu(const Tree& tree) {
  const auto mode = tree.text("sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
  return mode ? std::optional(*mode == "Y" || *mode == "1") : std::nullopt;
}

/// Modules built apart from the kernel taint it as out of tree (O) or unsigned (E).
bool is_rebuilt(const Tree& tree, std::string_view module) {
  const auto taint = tree.text(fmt::format("sys/module/{}/taint", module));
  return taint && taint->find_first_of("OE") != std::string::npos;
}

/// The value of igb_uio's wc_activate in what loads it: igb_uio itself does not show it.
std::optional<bool> read_igb_uio_wc(const Tree& tree) {
  std::optional<bool> found;
  const auto look = [&found](const std::string& line, std::string_view prefix) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word.starts_with(prefix)) {
        found = word.substr(prefix.size()) != "0";
      }
    }
  };
  const std::string folder = "etc/modprobe.d";
  for (const std::string& name : tree.names(folder).value_or(std::vector<std::string>{})) {
    std::istringstream lines(tree.text(fmt::format("{}/{}", folder, name)).value_or(""));
    for (std::string line; name.ends_with(".conf") && std::getline(lines, line);) {
      std::istringstream words(line);
      std::string command;
      std::string module;
      if (words >> command >> module && command == "options" && module == "igb_uio") {
        look(line, "wc_activate=");
      }
    }
  }
  look(tree.text("proc/cmdline").value_or(""), "igb_uio.wc_activate=");
  return found;
}

void read_cpus(const Tree& tree, Machine& machine) {
  machine.online = tree.cpus(fmt::format("{}/online", kCpuFolder));
  machine.isolated = tree.cpus(fmt::format("{}/isolated", kCpuFolder));
  machine.nohz_full = tree.cpus(fmt::format("{}/nohz_full", kCpuFolder));
  for (const unsigned cpu : machine.online.value_or(std::vector<unsigned>{})) {
    const std::string folder = fmt::format("{}/cpu{}", kCpuFolder, cpu);
    if (const auto governor = tree.text(folder + "/cpufreq/scaling_governor")) {
      machine.governors[cpu] = *governor;
    }
    if (const auto siblings = tree.cpus(folder + "/topology/thread_siblings_list")) {
      machine.thread_siblings[cpu] = *siblings;
    }
  }
}

}  // namespace

Machine read_machine(const Tree& tree) {
  Machine machine;
  machine.hugepages = read_hugepages(tree, "sys/kernel/mm/hugepages");
  machine.nodes = read_nodes(tree);
  machine.iommu = read_iommu(tree);
  machine.vfio_no_iommu = read_vfio_no_iommu(tree);
  machine.vfio_is_rebuilt = is_rebuilt(tree, "vfio_pci") || is_rebuilt(tree, "vfio_pci_core");
  machine.igb_uio_wc = read_igb_uio_wc(tree);
  machine.memory_types = tree.text("sys/kernel/debug/x86/pat_memtype_list");
  machine.tun = tree.has("dev") ? std::optional(tree.has("dev/net/tun")) : std::nullopt;
  machine.on_ec2 = tree.text("sys/class/dmi/id/sys_vendor") == "Amazon EC2";
  read_cpus(tree, machine);
  return machine;
}

}  // namespace natto
