#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench_captures.hpp"
#include "bench_report.hpp"
#include "commands.hpp"
#include "runtime/appliance.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct BenchArguments {
  std::filesystem::path config_file;
  double seconds = 10;
  double stats_period_seconds = 0;  ///< 0: no lines in between
  bool json = false;
};

/// Neighbours are found and caches are warm after this, which is not measured.
constexpr double kWarmUpSeconds = 0.5;

/// What was counted since the start.
struct Sample {
  Clock::time_point time;
  std::vector<BenchWork> workers;
  CounterSums sums;
  std::vector<rte_eth_stats> devices;  ///< by RealmId
};

BenchWork work_of(const Appliance& appliance, std::size_t worker) {
  CounterSums sums;
  sums += appliance.counters_of(worker);
  const WorkerActivity& activity = appliance.activity_of(worker);
  const std::uint64_t polls = activity.polls.value();
  const std::uint64_t busy_cycles = activity.busy_cycles.value();
  BenchWork work{.received = sums.received,
                 .translated = sums.translated,
                 .polls = polls,
                 .empty_polls = polls - activity.busy_polls.value(),
                 .busy_cycles = busy_cycles,
                 .empty_cycles = activity.cycles.value() - busy_cycles,
                 .longest_poll_cycles = activity.longest_poll_cycles.value()};
  for (const CounterSums::Port& port : sums.ports) {
    work.transmitted += port.transmitted;
  }
  return work;
}

Sample take_sample(const Appliance& appliance) {
  Sample sample{.time = Clock::now(), .workers = {}, .sums = appliance.counters(), .devices = {}};
  for (std::size_t i = 0; i < appliance.worker_count(); ++i) {
    sample.workers.push_back(work_of(appliance, i));
  }
  for (const Port& port : appliance.devices()) {
    rte_eth_stats stats{};
    rte_eth_stats_get(port.id(), &stats);  // zeros where the driver does not count
    sample.devices.push_back(stats);
  }
  return sample;
}

/// "AMD EPYC 9R14"; empty where the kernel does not say, as on Arm.
std::string cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  constexpr std::string_view kKey = "model name";
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with(kKey) && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "";
}

BenchReport between(const Sample& begin, const Sample& end, const Config& config,
                    const Appliance& appliance) {
  BenchReport report{.version = NATTO_VERSION,
                     .cpu = cpu_model(),
                     .tsc_hz = rte_get_tsc_hz(),
                     .seconds = Seconds(end.time - begin.time).count()};
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const Port& port = appliance.devices()[i];
    const rte_eth_stats& now = end.devices[i];
    const rte_eth_stats& then = begin.devices[i];
    report.ports.push_back(
        {.realm = config.ports[i].realm,
         .device = port.device(),
         .driver = port.plan().driver,
         .received = {now.ipackets - then.ipackets, now.ibytes - then.ibytes},
         .transmitted = {now.opackets - then.opackets, now.obytes - then.obytes}});
  }
  for (std::size_t i = 0; i < end.workers.size(); ++i) {
    report.workers.push_back(end.workers[i] - begin.workers[i]);
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (const std::uint64_t drops = end.sums.drops[i] - begin.sums.drops[i]; drops > 0) {
      report.drops.push_back({kDropReasons[i].name, drops});
    }
  }
  return report;
}

/// Prints the report even where it shows that nothing was measured.
Result<std::string> conclude(const BenchReport& report, bool json) {
  std::string text = json ? bench_json(report) : bench_text(report);
  if (report.all().translated == 0) {
    std::fputs(text.c_str(), stdout);
    return input_error(fmt::format(
        "no packet was translated, of {} received: {}", report.all().received,
        report.all().received == 0 ? "let a generator send to natto, or have the device play a "
                                     "capture"
                                   : "see why they were dropped"));
  }
  if (const std::string warning = bench_warning(report); !warning.empty()) {
    std::fputs((warning + "\n").c_str(), stderr);
  }
  return text;
}

Result<std::string> bench(const BenchArguments& arguments) {
  Result<ApplianceFiles> files = load_appliance(arguments.config_file);
  if (!files) {
    return files.error();
  }
  const Result<BenchCaptures> captures = BenchCaptures::open(*files);
  if (!captures) {
    return captures.error();
  }
  const auto launched = Appliance::launch(files->config, {.table = files->table});
  if (!launched) {
    return launched.error();
  }
  Appliance& appliance = **launched;
  const auto run_until = [&appliance](Clock::time_point end) {
    while (Clock::now() < end) {
      appliance.step();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  const auto length = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  };
  run_until(Clock::now() + length(kWarmUpSeconds));
  const Sample begin = take_sample(appliance);
  const Clock::time_point end = begin.time + length(arguments.seconds);
  if (arguments.stats_period_seconds > 0) {
    Sample last = begin;
    while (last.time + length(arguments.stats_period_seconds) < end) {
      run_until(last.time + length(arguments.stats_period_seconds));
      Sample now = take_sample(appliance);
      std::fputs(bench_text(between(last, now, files->config, appliance)).c_str(), stderr);
      last = std::move(now);
    }
  }
  run_until(end);
  const BenchReport report = between(begin, take_sample(appliance), files->config, appliance);
  appliance.stop();
  return conclude(report, arguments.json);
}

}  // namespace

void add_bench(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "bench", "Measure the data plane on the configured devices, the way testpmd does");
  command->footer(
      "Prints packets per second and TSC cycles of a worker per received packet, measured after "
      "half\n"
      "a second of warm-up, and how long the longest poll since the start took. Only translated\n"
      "packets tell how fast natto forwards: it warns where more than 1 % were dropped, and exits\n"
      "with 1 where none was translated.\n"
      "Example: natto bench -c natto.toml --seconds 10 --json");
  const auto arguments = std::make_shared<BenchArguments>();
  add_config_option(*command, arguments->config_file)->required();
  command->add_option("--seconds", arguments->seconds, "how long to measure")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--stats-period", arguments->stats_period_seconds,
                   "seconds between the rates on standard error; default: none")
      ->check(CLI::PositiveNumber);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return bench(*arguments); }; });
}

}  // namespace natto
