#include "bench_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lines.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// More than this part of the received packets may not be dropped without a word.
constexpr double kDroppedAtMost = 0.01;

double cycles_per_packet(const BenchWork& work) { return ratio(work.busy_cycles, work.received); }

double longest_poll_us(const BenchWork& work, std::uint64_t tsc_hz) {
  return 1e6 * ratio(work.longest_poll_cycles, tsc_hz);
}

Json to_json(const BenchWork& work, const BenchReport& report) {
  const auto per_second = [&](std::uint64_t n) { return static_cast<double>(n) / report.seconds; };
  return {{"translated_packets", work.translated},
          {"rx_packets", work.received},
          {"tx_packets", work.transmitted},
          {"translated_pps", per_second(work.translated)},
          {"rx_pps", per_second(work.received)},
          {"tx_pps", per_second(work.transmitted)},
          {"cycles_per_packet", cycles_per_packet(work)},
          {"polls", work.polls},
          {"empty_polls", work.empty_polls},
          {"busy_cycles", work.busy_cycles},
          {"empty_cycles", work.empty_cycles},
          {"longest_poll_us", longest_poll_us(work, report.tsc_hz)}};
}

Json to_json(const BenchPort& port) {
  return {{"realm", port.realm},
          {"device", port.device},
          {"driver", port.driver},
          {"rx_mean_bytes", port.received.mean_bytes()},
          {"tx_mean_bytes", port.transmitted.mean_bytes()}};
}

}  // namespace

BenchWork BenchWork::operator-(const BenchWork& earlier) const {
  return {.received = received - earlier.received,
          .translated = translated - earlier.translated,
          .transmitted = transmitted - earlier.transmitted,
          .polls = polls - earlier.polls,
          .empty_polls = empty_polls - earlier.empty_polls,
          .busy_cycles = busy_cycles - earlier.busy_cycles,
          .empty_cycles = empty_cycles - earlier.empty_cycles,
          .longest_poll_cycles = longest_poll_cycles};
}

BenchWork& BenchWork::operator+=(const BenchWork& other) {
  received += other.received;
  translated += other.translated;
  transmitted += other.transmitted;
  polls += other.polls;
  empty_polls += other.empty_polls;
  busy_cycles += other.busy_cycles;
  empty_cycles += other.empty_cycles;
  longest_poll_cycles = std::max(longest_poll_cycles, other.longest_poll_cycles);
  return *this;
}

double BenchTraffic::mean_bytes() const { return ratio(bytes, packets); }

BenchWork BenchReport::all() const {
  BenchWork sum;
  for (const BenchWork& worker : workers) {
    sum += worker;
  }
  return sum;
}

std::uint64_t BenchReport::dropped() const {
  std::uint64_t sum = 0;
  for (const BenchDrops& drop : drops) {
    sum += drop.packets;
  }
  return sum;
}

std::string bench_text(const BenchReport& report) {
  std::string text = fmt::format("{:<10} {:>14} {:>14} {:>14} {:>12} {:>16}\n", "", "translated/s",
                                 "received/s", "sent/s", "cycles/pkt", "longest poll/us");
  const auto add = [&](std::string_view name, const BenchWork& work) {
    fmt::format_to(std::back_inserter(text),
                   "{:<10} {:>14.0f} {:>14.0f} {:>14.0f} {:>12.1f} {:>16.1f}\n", name,
                   static_cast<double>(work.translated) / report.seconds,
                   static_cast<double>(work.received) / report.seconds,
                   static_cast<double>(work.transmitted) / report.seconds, cycles_per_packet(work),
                   longest_poll_us(work, report.tsc_hz));
  };
  for (std::size_t i = 0; i < report.workers.size(); ++i) {
    add(fmt::format("worker {}", i), report.workers[i]);
  }
  const BenchWork all = report.all();
  add("all", all);
  for (const BenchDrops& drop : report.drops) {
    fmt::format_to(std::back_inserter(text), "dropped    {:>14.0f} /s {} ({:.1f} %)\n",
                   static_cast<double>(drop.packets) / report.seconds, drop.reason,
                   100 * ratio(drop.packets, all.received));
  }
  return text;
}

std::string bench_json(const BenchReport& report) {
  Json json = {{"version", report.version},
               {"cpu", report.cpu},
               {"tsc_hz", report.tsc_hz},
               {"seconds", report.seconds}};
  json.update(to_json(report.all(), report));
  json["drops"] = Json::object();
  for (const BenchDrops& drop : report.drops) {
    json["drops"][std::string(drop.reason)] = drop.packets;
  }
  json["ports"] = Json::array();
  for (const BenchPort& port : report.ports) {
    json["ports"].push_back(to_json(port));
  }
  json["workers"] = Json::array();
  for (const BenchWork& worker : report.workers) {
    json["workers"].push_back(to_json(worker, report));
  }
  return json.dump() + "\n";
}

std::string bench_warning(const BenchReport& report) {
  const BenchWork all = report.all();
  const double dropped = ratio(report.dropped(), all.received);
  if (dropped <= kDroppedAtMost) {
    return "";
  }
  const auto most = std::ranges::max_element(report.drops, {}, &BenchDrops::packets);
  return fmt::format("warning: {:.1f} % of the received packets were dropped, most as {}",
                     100 * dropped, most->reason);
}

}  // namespace natto
