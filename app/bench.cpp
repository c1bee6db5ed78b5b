#include <fmt/format.h>
#include <rte_cycles.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "commands.hpp"
#include "runtime/appliance.hpp"
#include "summary.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using Json = nlohmann::ordered_json;

struct BenchArguments {
  std::filesystem::path config_file;
  double seconds = 10;
  double stats_period_seconds = 0;  ///< 0: no lines in between
  bool json = false;
};

/// Neighbours are found and caches are warm after this, which is not measured.
constexpr double kWarmUpSeconds = 0.5;

/// What a worker, or all of them, did in a span of time.
struct Work {
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t busy_cycles = 0;          ///< of polls that found packets
  std::uint64_t longest_poll_cycles = 0;  ///< since the start: no packet waits longer for a poll

  [[nodiscard]] Work operator-(const Work& earlier) const {
    return {rx_packets - earlier.rx_packets, tx_packets - earlier.tx_packets,
            busy_cycles - earlier.busy_cycles, longest_poll_cycles};
  }
  Work& operator+=(const Work& other) {
    rx_packets += other.rx_packets;
    tx_packets += other.tx_packets;
    busy_cycles += other.busy_cycles;
    longest_poll_cycles = std::max(longest_poll_cycles, other.longest_poll_cycles);
    return *this;
  }
  [[nodiscard]] double cycles_per_packet() const {
    return rx_packets == 0 ? 0 : static_cast<double>(busy_cycles) / static_cast<double>(rx_packets);
  }
  [[nodiscard]] double longest_poll_us() const {
    return static_cast<double>(longest_poll_cycles) * 1e6 / static_cast<double>(rte_get_tsc_hz());
  }
};

struct Sample {
  Clock::time_point time;
  std::vector<Work> workers;
  CounterSums sums;
};

Sample take_sample(const Appliance& appliance) {
  Sample sample{.time = Clock::now(), .workers = {}, .sums = appliance.counters()};
  for (std::size_t i = 0; i < appliance.worker_count(); ++i) {
    CounterSums worker;
    worker += appliance.counters_of(i);
    Work work{.rx_packets = worker.received,
              .tx_packets = 0,
              .busy_cycles = appliance.activity_of(i).busy_cycles.value(),
              .longest_poll_cycles = appliance.activity_of(i).longest_poll_cycles.value()};
    for (const CounterSums::Port& port : worker.ports) {
      work.tx_packets += port.transmitted;
    }
    sample.workers.push_back(work);
  }
  return sample;
}

Json to_json(const Work& work, double seconds) {
  return {{"rx_packets", work.rx_packets},
          {"tx_packets", work.tx_packets},
          {"rx_pps", static_cast<double>(work.rx_packets) / seconds},
          {"tx_pps", static_cast<double>(work.tx_packets) / seconds},
          {"cycles_per_packet", work.cycles_per_packet()},
          {"longest_poll_us", work.longest_poll_us()}};
}

struct Span {
  double seconds;
  std::vector<Work> workers;
  Work all;
  std::vector<std::pair<std::string_view, std::uint64_t>> drops;
};

Span between(const Sample& begin, const Sample& end) {
  Span span{
      .seconds = Seconds(end.time - begin.time).count(), .workers = {}, .all = {}, .drops = {}};
  for (std::size_t i = 0; i < end.workers.size(); ++i) {
    span.workers.push_back(end.workers[i] - begin.workers[i]);
    span.all += span.workers.back();
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (const std::uint64_t drops = end.sums.drops[i] - begin.sums.drops[i]; drops > 0) {
      span.drops.emplace_back(kDropReasons[i].name, drops);
    }
  }
  return span;
}

std::string as_json(const Span& span) {
  Json json = {{"seconds", span.seconds}};
  json.update(to_json(span.all, span.seconds));
  json["drops"] = Json::object();
  for (const auto& [name, packets] : span.drops) {
    json["drops"][std::string(name)] = packets;
  }
  json["workers"] = Json::array();
  for (const Work& worker : span.workers) {
    json["workers"].push_back(to_json(worker, span.seconds));
  }
  return json.dump() + "\n";
}

std::string as_text(const Span& span) {
  std::string text;
  const auto add = [&](std::string_view name, const Work& work) {
    fmt::format_to(std::back_inserter(text), "{:<10} {:>14.0f} {:>14.0f} {:>12.1f} {:>16.1f}\n",
                   name, static_cast<double>(work.rx_packets) / span.seconds,
                   static_cast<double>(work.tx_packets) / span.seconds, work.cycles_per_packet(),
                   work.longest_poll_us());
  };
  text = fmt::format("{:<10} {:>14} {:>14} {:>12} {:>16}\n", "", "Rx-pps", "Tx-pps", "cycles/pkt",
                     "longest poll/us");
  for (std::size_t i = 0; i < span.workers.size(); ++i) {
    add(fmt::format("worker {}", i), span.workers[i]);
  }
  add("all", span.all);
  for (const auto& [name, packets] : span.drops) {
    fmt::format_to(std::back_inserter(text), "dropped    {:>14.0f} /s {}\n",
                   static_cast<double>(packets) / span.seconds, name);
  }
  return text;
}

Result<std::string> bench(const BenchArguments& arguments) {
  const Result<ApplianceFiles> files = load_appliance(arguments.config_file);
  if (!files) {
    return files.error();
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
      std::fputs(as_text(between(last, now)).c_str(), stderr);
      last = std::move(now);
    }
  }
  run_until(end);
  const Span span = between(begin, take_sample(appliance));
  appliance.stop();
  return arguments.json ? as_json(span) : as_text(span);
}

}  // namespace

void add_bench(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "bench", "Measure the data plane on the configured devices, the way testpmd does");
  command->footer(
      "Prints packets per second and TSC cycles of a worker per received packet, measured after "
      "half\n"
      "a second of warm-up, and how long the longest poll since the start took.\n"
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
