#include "dpdk/eal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_pdump.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "dpdk/devargs.hpp"
#include "dpdk/error.hpp"
#include "dpdk/log.hpp"
#include "dpdk/pci_access.hpp"
#include "dpdk/runtime_folder.hpp"

namespace natto {
namespace {

std::uint64_t read_number(const std::filesystem::path& file) {
  std::uint64_t value = 0;
  std::ifstream(file) >> value;
  return value;
}

std::vector<unsigned> all_lcores(const EalOptions& options) {
  std::vector<unsigned> lcores = {options.main_lcore};
  lcores.insert(lcores.end(), options.lcores.begin(), options.lcores.end());
  return lcores;
}

Status check_cpus(const EalOptions& options) {
  const std::vector<unsigned> cpus = allowed_cpus();
  for (const unsigned lcore : all_lcores(options)) {
    if (!std::ranges::binary_search(cpus, lcore)) {
      return system_error(
          fmt::format("lcore {} is not a CPU this process may use (it may use {}): "
                      "choose others in [dpdk] lcores and main_lcore",
                      lcore, fmt::join(cpus, ", ")));
    }
  }
  return Done{};
}

/// The user wants other processes to share DPDK's memory: dpdk-dumpcap, and others of DPDK's tools.
bool is_shared(const std::vector<std::string>& extra) {
  return std::ranges::find(extra, "--proc-type=primary") != extra.end();
}

bool maps_lcores_itself(const std::vector<std::string>& extra) {
  for (const std::string& argument : extra) {
    if (argument.starts_with("--lcores")) {
      return true;
    }
  }
  return false;
}

/// EAL does not start where it cannot make telemetry's socket. Packets do not need that.
EalOptions with_possible_telemetry(EalOptions options) {
  if (options.telemetry) {
    if (const Status possible = can_hold_socket(dpdk_folder()); !possible) {
      log(LogLevel::kError, "no telemetry until the next start: {}; natto forwards without it",
          possible.error().message);
      options.telemetry = false;
    }
  }
  return options;
}

}  // namespace

std::vector<std::string> eal_arguments(const EalOptions& options) {
  std::vector<std::string> arguments = {"--log-level=*:error", "--log-level=natto:info"};
  const auto add = [&](auto... more) { (arguments.emplace_back(more), ...); };

  if (!maps_lcores_itself(options.extra)) {
    const std::vector<unsigned> lcores = all_lcores(options);
    if (options.any_cpu) {
      add("--lcores",
          fmt::format("({})@({})", fmt::join(lcores, ","), fmt::join(allowed_cpus(), ",")));
    } else {
      add("-l", fmt::format("{}", fmt::join(lcores, ",")));
    }
  }
  add("--main-lcore", std::to_string(options.main_lcore));

  if (options.hugepages && !is_shared(options.extra)) {
    add("--in-memory");
  } else if (!options.hugepages) {
    add("--no-huge", "--no-shconf", "-m", std::to_string(options.memory_mib));
  }
  add("--file-prefix", own_file_prefix());
  if (!options.telemetry) {
    add("--no-telemetry");
  }
  if (options.pci_devices.empty()) {
    // Nothing reaches memory by its physical address, which only CAP_SYS_ADMIN may know.
    add("--no-pci", "--iova-mode=va");
  }
  for (const std::string& device : options.pci_devices) {
    add("-a", device);
  }
  arguments.insert(arguments.end(), options.extra.begin(), options.extra.end());
  return arguments;
}

std::vector<unsigned> allowed_cpus() {
  std::vector<unsigned> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) {
        cpus.push_back(cpu);
      }
    }
  }
  return cpus;
}

std::uint64_t free_hugepage_mib() {
  std::uint64_t kib = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
    // hugepages-2048kB
    const std::string name = entry.path().filename();
    const std::size_t dash = name.find('-');
    if (dash != std::string::npos) {
      kib += std::strtoull(name.c_str() + dash + 1, nullptr, 10) *
             read_number(entry.path() / "free_hugepages");
    }
  }
  return kib / 1024;
}

Result<Eal> Eal::create(const EalOptions& options) {
  if (!options.any_cpu && !maps_lcores_itself(options.extra)) {
    if (const Status status = check_cpus(options); !status) {
      return status.error();
    }
  }
  remove_dead_folders(dpdk_folder());
  std::vector<std::string> arguments = eal_arguments(with_possible_telemetry(options));
  arguments.insert(arguments.begin(), "natto");
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  // rte_eal_init permutes argv, so the text for an error is made from `arguments`.
  if (rte_eal_init(static_cast<int>(arguments.size()), argv.data()) < 0) {
    std::string message =
        fmt::format("DPDK could not start: {}\n  its arguments were: {}", rte_strerror(rte_errno),
                    fmt::join(arguments.begin() + 1, arguments.end(), " "));
    for (const std::string& device : options.pci_devices) {
      message += pci_obstacles(device_name(device), ProcessRights::current());
    }
    return system_error(std::move(message));
  }
  if (is_shared(options.extra)) {
    Eal eal{Descriptor()};  // another process would wait for the lock
    if (rte_pdump_init() != 0) {
      return dpdk_error("serve", "dpdk-dumpcap", rte_errno);
    }
    return eal;
  }
  return Eal(hold_folder(rte_eal_get_runtime_dir()));
}

Eal::Eal(Descriptor runtime_folder) : runtime_folder_(std::move(runtime_folder)) {}

Eal::Eal(Eal&& other) noexcept
    : runtime_folder_(std::move(other.runtime_folder_)),
      owner_(std::exchange(other.owner_, false)) {}

Eal::~Eal() {
  if (owner_) {
    const std::filesystem::path runtime_folder = rte_eal_get_runtime_dir();
    rte_eal_cleanup();
    // EAL leaves it. With a --file-prefix of the user's it may be other programs' too.
    if (runtime_folder.filename() == own_file_prefix()) {
      std::error_code error;
      std::filesystem::remove_all(runtime_folder, error);
    }
  }
}

}  // namespace natto
