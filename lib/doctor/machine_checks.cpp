#include "doctor/machine_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace natto {
namespace {

constexpr std::uint64_t kPageMib = 2;

std::string reserve(std::uint64_t mib, std::string_view file) {
  return fmt::format("echo {} > {}", mib / kPageMib + 1, file);
}

std::string amounts(const HugepageMemory& memory) {
  return fmt::format("{} of {} MiB are free", memory.free_mib, memory.total_mib);
}

Finding check_hugepages_in_all(const std::optional<HugepageMemory>& memory, const Needs* needs) {
  const Finder found(Check::kHugepages);
  if (!memory) {
    return found.unseen("/sys/kernel/mm/hugepages cannot be listed",
                        "look at Hugepagesize and HugePages_Free in /proc/meminfo");
  }
  if (needs == nullptr) {
    return memory->total_mib > 0
               ? found.ok(amounts(*memory))
               : found.warning("none are reserved",
                               "a network card needs them; -c natto.toml says how many");
  }
  const std::string what = fmt::format("{}, natto needs {}", amounts(*memory), needs->memory_mib);
  if (memory->free_mib >= needs->memory_mib) {
    const std::uint64_t mappings = needs->appliance.table.mappings.size();
    const std::uint64_t more = (memory->free_mib - needs->memory_mib) * needs->mappings_per_mib;
    return found.ok(fmt::format("{}; there is room for about {} mappings", what, mappings + more));
  }
  if (memory->total_mib >= needs->memory_mib) {
    return found.warning(what, "end the program that uses them, unless it is this appliance");
  }
  const std::string advice =
      fmt::format("natto-hugepages {}; or by hand: {}, at boot vm.nr_hugepages in /etc/sysctl.d",
                  needs->memory_mib, reserve(needs->memory_mib, "/proc/sys/vm/nr_hugepages"));
  return needs->has_pci_devices() ? found.wrong(what, advice)
                                  : found.warning(what + ", and will use normal memory", advice);
}

/// On the node of a network card.
Finding check_hugepages_on(const NumaNode& node, std::uint64_t needed_mib) {
  const Finder found(Check::kHugepages, fmt::format("node {}", node.number));
  const std::string folder = fmt::format("/sys/devices/system/node/node{}/hugepages", node.number);
  if (!node.hugepages) {
    return found.unseen(folder + " cannot be listed", "look with numastat -m");
  }
  const std::string what = amounts(*node.hugepages) + " on the network card's node";
  return node.hugepages->free_mib >= needed_mib
             ? found.ok(what)
             : found.warning(what, reserve(needed_mib, folder + "/hugepages-2048kB/nr_hugepages"));
}

/// Advice that keeps something off `cores`; `arguments` are the kernel's.
std::string isolate(const std::string& cores, const std::string& arguments) {
  return fmt::format(
      "natto-isolate-cores {}, and reboot; or by hand: add {} to the kernel's command line", cores,
      arguments);
}

std::vector<unsigned> workers_of(const Needs& needs) { return needs.config().dpdk.lcores; }

/// Those of the workers that are not in `list`.
std::vector<unsigned> missing_in(const std::vector<unsigned>& list,
                                 const std::vector<unsigned>& cpus) {
  std::vector<unsigned> missing;
  std::ranges::set_difference(cpus, list, std::back_inserter(missing));
  return missing;
}

/// What isolated_cores and nohz_full have in common.
Finding check_list(Check check, const std::optional<std::vector<unsigned>>& list,
                   std::string_view file, const Needs* needs, std::string_view not_in_list,
                   std::string (*advice)(const std::string& cores)) {
  const Finder found(check);
  if (!list) {
    return found.unseen(fmt::format("{} cannot be read", file),
                        "look at /proc/cmdline; a kernel without the feature has no such file");
  }
  if (needs == nullptr) {
    return list->empty() ? found.warning("no core", advice("CORES"))
                         : found.ok("cores " + cpu_list(*list));
  }
  if (needs->places_lcores_itself()) {
    return found.unseen("[dpdk] eal places the lcores itself", "compare with " + std::string(file));
  }
  const std::vector<unsigned> workers = workers_of(*needs);
  const std::vector<unsigned> missing = missing_in(*list, workers);
  return missing.empty() ? found.ok("every worker's core: " + cpu_list(workers))
                         : found.warning(fmt::format("{} {}", cpu_list(missing), not_in_list),
                                         advice(cpu_list(workers)));
}

}  // namespace

Findings check_hugepages(const Machine& machine, const std::vector<PciDevice>& devices,
                         const Needs* needs) {
  Findings findings = {check_hugepages_in_all(machine.hugepages, needs)};
  if (needs == nullptr || machine.nodes.size() < 2 || findings[0].health != Health::kOk) {
    return findings;
  }
  for (const NumaNode& node : machine.nodes) {
    const bool has_device = std::ranges::any_of(
        devices, [&node](const PciDevice& device) { return device.numa_node == node.number; });
    if (has_device) {
      findings.push_back(check_hugepages_on(node, needs->memory_mib));
    }
  }
  return findings;
}

Findings check_lcores(const Machine& machine, const Needs& needs) {
  const Finder found(Check::kLcores);
  if (needs.places_lcores_itself()) {
    return {found.unseen("[dpdk] eal places the lcores itself",
                         "see that each lcore has a core of its own")};
  }
  if (!machine.online) {
    return {found.unseen("/sys/devices/system/cpu/online cannot be read",
                         "compare lcores and main_lcore with lscpu")};
  }
  std::vector<unsigned> cpus = workers_of(needs);
  cpus.push_back(needs.config().dpdk.main_lcore);
  std::ranges::sort(cpus);
  if (const auto offline = missing_in(*machine.online, cpus); !offline.empty()) {
    return {found.wrong(
        fmt::format("{} not online; {} are", cpu_list(offline), cpu_list(*machine.online)),
        "choose others in [dpdk] lcores and main_lcore")};
  }
  Findings findings;
  for (const unsigned worker : workers_of(needs)) {
    const auto siblings = machine.thread_siblings.find(worker);
    if (siblings == machine.thread_siblings.end()) {
      continue;
    }
    std::vector<unsigned> together;
    std::ranges::set_intersection(siblings->second, cpus, std::back_inserter(together));
    // Of each group once: at its first worker.
    const bool first = std::ranges::none_of(together, [&](unsigned cpu) {
      return cpu < worker && cpu != needs.config().dpdk.main_lcore;
    });
    if (together.size() > 1 && first) {
      findings.push_back(
          found.warning(fmt::format("{} are threads of one core", cpu_list(together)),
                        "give each a core of its own, and leave its other thread idle"));
    }
  }
  if (findings.empty()) {
    findings.push_back(
        found.ok(fmt::format("workers {}, main {}: online", cpu_list(workers_of(needs)),
                             needs.config().dpdk.main_lcore)));
  }
  return findings;
}

Finding check_isolated_cores(const Machine& machine, const Needs* needs) {
  return check_list(
      Check::kIsolatedCores, machine.isolated, "/sys/devices/system/cpu/isolated", needs,
      "not isolated: other work may be scheduled there",
      [](const std::string& cores) { return isolate(cores, fmt::format("isolcpus={}", cores)); });
}

Finding check_nohz_full(const Machine& machine, const Needs* needs) {
  return check_list(Check::kNohzFull, machine.nohz_full, "/sys/devices/system/cpu/nohz_full", needs,
                    "interrupted by the timer tick", [](const std::string& cores) {
                      return isolate(cores, fmt::format("nohz_full={0} rcu_nocbs={0}", cores));
                    });
}

Finding check_kernel_interface(const Machine& machine) {
  const Finder found(Check::kKernelInterface);
  if (!machine.tun) {
    return found.unseen("/dev cannot be seen", "see that /dev/net/tun is there");
  }
  return *machine.tun ? found.ok("/dev/net/tun is there; natto needs CAP_NET_ADMIN too")
                      : found.wrong("there is no /dev/net/tun",
                                    "modprobe tun; at boot: a line tun in /etc/modules-load.d");
}

Finding check_governor(const Machine& machine, const Needs* needs) {
  const Finder found(Check::kGovernor);
  const bool of_workers = needs != nullptr && !needs->places_lcores_itself();
  std::vector<unsigned> slow;
  std::string governor;
  std::size_t seen = 0;
  for (const auto& [cpu, name] : machine.governors) {
    if (of_workers && !std::ranges::binary_search(needs->config().dpdk.lcores, cpu)) {
      continue;
    }
    ++seen;
    if (name != "performance") {
      slow.push_back(cpu);
      governor = name;
    }
  }
  if (seen == 0) {
    return found.unseen("the kernel does not govern the frequency",
                        "none on most instances: the hypervisor governs it");
  }
  return slow.empty() ? found.ok("performance")
                      : found.warning(fmt::format("{} on {}", governor, cpu_list(slow)),
                                      "cpupower frequency-set -g performance");
}

}  // namespace natto
