#include <fmt/format.h>
#include <signal.h>
#include <time.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "commands.hpp"
#include "dpdk/log.hpp"
#include "lines.hpp"
#include "netdev/veth.hpp"
#include "reception.hpp"
#include "runtime/appliance.hpp"
#include "runtime/privileges.hpp"
#include "runtime/service_notify.hpp"
#include "runtime/service_report.hpp"
#include "summary.hpp"
#include "table/starting_table.hpp"

namespace natto {
namespace {

/// SIGINT, SIGTERM and SIGHUP, held back from every thread made after this so that control alone
/// takes them.
class Signals {
 public:
  Signals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  /// The signal that came, and who sent it.
  struct Arrival {
    int signal;
    uid_t user;
    pid_t process;
  };
  /// Waits one millisecond, or until a signal came: control's clock tick.
  [[nodiscard]] std::optional<Arrival> wait_a_tick() const {
    const timespec tick{.tv_sec = 0, .tv_nsec = 1'000'000};
    siginfo_t info{};
    const int signal = sigtimedwait(&signals_, &info, &tick);
    return signal > 0 ? std::optional(Arrival{signal, info.si_uid, info.si_pid}) : std::nullopt;
  }

 private:
  sigset_t signals_{};
};

/// Where the other end of the port's veth can be asked.
void warn_of_half_made_checksums(std::size_t index, const Port& port) {
  const auto interface = find_interface({}, port.interface());
  const auto peer = interface ? find_veth_peer(*interface) : std::nullopt;
  if (peer && peer->leaves_checksums) {
    log(LogLevel::kWarning,
        "port {}: {}, the other end of its veth, leaves TCP and UDP checksums half made, and "
        "receivers discard those packets: ethtool -K {} tx off",
        index, peer->name, peer->name);
  }
}

void announce(const Config& config, const Appliance& appliance) {
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const PortConfig& port = config.ports[i];
    const Port& device = appliance.devices()[i];
    log(LogLevel::kInfo, "port {}: realm {}, {}, MAC {}, address {}, {}", i, port.realm,
        device.device(), to_string(device.mac()), to_string(port.address),
        to_string(device.plan()));
    warn_of_half_made_checksums(i, device);
  }
  for (std::size_t i = 0; i < appliance.worker_count(); ++i) {
    log(LogLevel::kInfo, "worker {}: lcore {}, NUMA node {}, queue {} of every port", i,
        appliance.lcore_of(i), appliance.node_of(i), i);
  }
}

/// In the line for the service manager: that a table is in force which the file does not say.
std::string file_trouble(const TableFileState& file, const std::string& in_force) {
  if (file.refused()) {
    return "; file refused: " + first_line(file.refusal);
  }
  return file.differs(in_force) ? "; file differs" : "";
}

ServiceState service_state(const Appliance& appliance) {
  const std::shared_ptr<const LoadedTable> table = appliance.table();
  ServiceState state{.workers = {},
                     .summary = fmt::format("{} mappings, version {}{}{}",
                                            table->table->mappings.size(), table->version(),
                                            appliance.role() == Role::kStandby ? "; standby" : "",
                                            file_trouble(appliance.table_file(), table->digest))};
  for (std::size_t i = 0; i < appliance.worker_count(); ++i) {
    state.workers.push_back(
        {.lcore = appliance.lcore_of(i), .polls = appliance.activity_of(i).polls.value()});
  }
  return state;
}

/// A service manager that does not listen is no reason to stop.
void note(const Status& told) {
  if (!told) {
    log(LogLevel::kWarning, "{}", told.error().message);
  }
}

struct RunArguments {
  std::filesystem::path config_file;
  bool json = false;
};

/// The summary, after SIGINT or SIGTERM.
Result<std::string> run(const RunArguments& arguments) {
  const Result<StartingFiles> files = load_start(arguments.config_file);
  if (!files) {
    return files.error();
  }
  const Config& config = files->config;
  if (const Status sealed = gain_nothing_and_show_nothing(); !sealed) {
    return sealed.error();
  }
  const Signals signals;
  Result<ServiceNotify> notify = ServiceNotify::from_environment();
  if (!notify) {
    return notify.error();
  }
  ServiceReport service(std::move(*notify), watchdog_time_from_environment());

  // Before any device is touched: another natto may have them.
  Result<Reception> reception = Reception::open(config.api);
  if (!reception) {
    return reception.error();
  }

  const auto launched = Appliance::launch(config, files->start);
  if (!launched) {
    return launched.error();
  }
  Appliance& appliance = **launched;
  for (const std::string& warning : files->start.table.warnings) {
    log(LogLevel::kWarning, "{}", warning);
  }
  announce(config, appliance);
  reception->step(Reception::Clock::now(), appliance);
  if (const Status kept = keep_capabilities(appliance.capabilities_in_use()); !kept) {
    return kept.error();
  }
  log(LogLevel::kInfo, "ready with {} worker(s)", config.dpdk.lcores.size());
  std::optional<Signals::Arrival> arrival;
  while (true) {
    arrival = signals.wait_a_tick();
    if (arrival && arrival->signal != SIGHUP) {
      break;
    }
    if (arrival) {
      appliance.request_reload("SIGHUP",
                               fmt::format("uid {}, pid {}", arrival->user, arrival->process),
                               sender(arrival->user, arrival->process));
    }
    appliance.step();
    reception->step(Reception::Clock::now(), appliance);
    if (const auto now = ServiceReport::Clock::now(); service.due(now)) {
      note(service.report(now, service_state(appliance)));
    }
  }
  note(service.stopping());
  appliance.end(arrival->signal == SIGINT ? "SIGINT" : "SIGTERM",
                sender(arrival->user, arrival->process));

  const CounterSums sums = appliance.counters();
  return arguments.json ? summary_json(sums, config.ports) : summary_text(sums, config.ports);
}

}  // namespace

void add_run(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("run", "Run the appliance in the foreground until SIGINT or SIGTERM");
  command->footer(
      "A network card needs hugepages; other devices use normal memory where there are none. "
      "natto\n"
      "needs root, or the rights to the devices. It loads the mapping table's file when the file\n"
      "changes, and at once on SIGHUP. When it stops, it prints what happened to all packets.\n"
      "Example: natto run -c conf/natto.toml");
  const auto arguments = std::make_shared<RunArguments>();
  add_config_option(*command, arguments->config_file)->required();
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace natto
