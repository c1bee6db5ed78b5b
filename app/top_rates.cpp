#include "top_rates.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lines.hpp"
#include "views.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// What counters gained per second.
class PerSecond {
 public:
  PerSecond(double before, double now) : seconds_(std::max(now - before, 1e-3)) {}

  /// Of `counter` of two reports. A counter that began again has gained nothing.
  template <typename Report>
  std::uint64_t operator()(std::uint64_t Report::*counter, const Report& before,
                           const Report& now) const {
    const std::uint64_t gained =
        now.*counter >= before.*counter ? now.*counter - before.*counter : 0;
    return static_cast<std::uint64_t>(static_cast<double>(gained) / seconds_ + 0.5);
  }

 private:
  double seconds_;
};

/// `reports[index]`, or an empty one.
template <typename Report>
Report at(const std::vector<Report>& reports, std::size_t index) {
  return index < reports.size() ? reports[index] : Report();
}

std::vector<TopRates::Drop> drop_rates(const api::DropsReport& before, const api::DropsReport& now,
                                       const PerSecond& rate) {
  std::vector<TopRates::Drop> rates;
  for (const api::DropReport& drop : now.drops) {
    const auto then = std::ranges::find(before.drops, drop.reason, &api::DropReport::reason);
    const std::uint64_t packets = rate(
        &api::DropReport::packets, then != before.drops.end() ? *then : api::DropReport(), drop);
    if (packets > 0) {
      rates.push_back({.reason = drop.reason, .packets = packets});
    }
  }
  return rates;
}

std::vector<TopRates::Mapping> mapping_rates(const api::BusiestReport& busiest) {
  const auto rate = [&busiest](std::uint64_t gained) {
    return static_cast<std::uint64_t>(1e6 * ratio(gained, busiest.elapsed_us) + 0.5);
  };
  std::vector<TopRates::Mapping> rates;
  for (const api::GainReport& gain : busiest.mappings) {
    rates.push_back({.name = gain.name,
                     .from_packets = rate(gain.from_packets),
                     .from_bytes = rate(gain.from_bytes),
                     .to_packets = rate(gain.to_packets),
                     .to_bytes = rate(gain.to_bytes)});
  }
  return rates;
}

}  // namespace

TopRates top_rates(const TopSample& before, const TopSample& now) {
  const PerSecond rate(before.seconds, now.seconds);
  TopRates rates{
      .received = rate(&api::CountersReport::received, before.counters, now.counters),
      .translated = rate(&api::CountersReport::translated, before.counters, now.counters),
      .dropped = rate(&api::CountersReport::dropped, before.counters, now.counters),
      .ports = {},
      .workers = {},
      .drops = drop_rates(before.drops, now.drops, rate),
      .mappings = mapping_rates(now.busiest)};
  for (std::size_t i = 0; i < now.ports.ports.size(); ++i) {
    const api::PortReport& port = now.ports.ports[i];
    const api::PortReport then = at(before.ports.ports, i);
    rates.ports.push_back({.realm = port.realm,
                           .link = port.link,
                           .received = rate(&api::PortReport::rx_packets, then, port),
                           .sent = rate(&api::PortReport::tx_packets, then, port)});
  }
  for (std::size_t i = 0; i < now.workers.workers.size(); ++i) {
    const api::WorkerReport& worker = now.workers.workers[i];
    const api::WorkerReport then = at(before.workers.workers, i);
    const std::uint64_t busy = rate(&api::WorkerReport::busy_cycles, then, worker);
    const std::uint64_t received = rate(&api::WorkerReport::received, then, worker);
    rates.workers.push_back(
        {.lcore = worker.lcore,
         .received = received,
         .busy_percent = 100 * ratio(busy, rate(&api::WorkerReport::cycles, then, worker)),
         .cycles_per_packet = ratio(busy, received)});
  }
  return rates;
}

std::string top_view(const TopRates& rates) {
  const auto units = [](std::uint64_t number) { return short_number(number, false); };
  Lines lines;
  lines.add("per second: {} received, {} translated, {} dropped", units(rates.received),
            units(rates.translated), units(rates.dropped));
  lines.add("");
  lines.add("{:<20} {:>5} {:>10} {:>10}", "port", "link", "received", "sent");
  for (const TopRates::Port& port : rates.ports) {
    lines.add("{:<20} {:>5} {:>10} {:>10}", port.realm, port.link, units(port.received),
              units(port.sent));
  }
  lines.add("");
  lines.add("{:<20} {:>5} {:>10} {:>10}", "worker on lcore", "busy", "received", "cycles/pkt");
  for (const TopRates::Worker& worker : rates.workers) {
    lines.add("{:<20} {:>4.0f}% {:>10} {:>10.0f}", worker.lcore, worker.busy_percent,
              units(worker.received), worker.cycles_per_packet);
  }
  if (!rates.drops.empty()) {
    lines.add("");
    lines.add("{:<37} {:>10}", "dropped", "packets");
    for (const TopRates::Drop& drop : rates.drops) {
      lines.add("{:<37} {:>10}", drop.reason, units(drop.packets));
    }
  }
  lines.add("");
  lines.add("{:<26} {:>10} {:>10} {:>10} {:>10}", "busiest mappings", "pkts from", "bytes",
            "pkts to", "bytes");
  for (const TopRates::Mapping& row : rates.mappings) {
    lines.add("{:<26} {:>10} {:>10} {:>10} {:>10}", row.name, units(row.from_packets),
              units(row.from_bytes), units(row.to_packets), units(row.to_bytes));
  }
  return lines.take();
}

std::string top_json(const TopRates& rates) {
  Json json = {{"received", rates.received}, {"translated", rates.translated},
               {"dropped", rates.dropped},   {"ports", Json::array()},
               {"workers", Json::array()},   {"drops", Json::object()},
               {"mappings", Json::array()}};
  for (const TopRates::Port& port : rates.ports) {
    json["ports"].push_back({{"realm", port.realm},
                             {"link", port.link},
                             {"received", port.received},
                             {"sent", port.sent}});
  }
  for (const TopRates::Worker& worker : rates.workers) {
    json["workers"].push_back({{"lcore", worker.lcore},
                               {"received", worker.received},
                               {"busy_percent", worker.busy_percent},
                               {"cycles_per_packet", worker.cycles_per_packet}});
  }
  for (const TopRates::Drop& drop : rates.drops) {
    json["drops"][drop.reason] = drop.packets;
  }
  for (const TopRates::Mapping& row : rates.mappings) {
    json["mappings"].push_back({{"name", row.name},
                                {"from_packets", row.from_packets},
                                {"from_bytes", row.from_bytes},
                                {"to_packets", row.to_packets},
                                {"to_bytes", row.to_bytes}});
  }
  return json.dump() + "\n";
}

}  // namespace natto
