#include "exporter/history.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// How much a number grew per second; null if it began anew.
Json per_second(std::uint64_t before, std::uint64_t now, double seconds) {
  return now < before ? Json() : Json(static_cast<double>(now - before) / seconds);
}

Json share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? Json() : Json(static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

void History::add(std::uint64_t at_ms, std::optional<HistorySample> sample) {
  moments_.push_back({.at_ms = at_ms, .sample = std::move(sample)});
  if (moments_.size() > kKept + 1) {
    moments_.pop_front();
  }
}

Json History::json() const {
  // The ports and workers of the last natto that answered.
  const auto known = std::find_if(moments_.rbegin(), moments_.rend(),
                                  [](const Moment& moment) { return moment.sample.has_value(); });
  const std::vector<api::PortReport> ports =
      known == moments_.rend() ? std::vector<api::PortReport>() : known->sample->ports.ports;
  const std::vector<api::WorkerReport> workers =
      known == moments_.rend() ? std::vector<api::WorkerReport>() : known->sample->workers.workers;

  Json json = {{"period_ms", kPeriodMs},      {"kept", kKept},
               {"at_ms", Json::array()},      {"received", Json::array()},
               {"translated", Json::array()}, {"dropped", Json::array()},
               {"ports", Json::array()},      {"workers", Json::array()}};
  for (const api::PortReport& port : ports) {
    json["ports"].push_back({{"realm", port.realm}, {"rx", Json::array()}, {"tx", Json::array()}});
  }
  for (const api::WorkerReport& worker : workers) {
    json["workers"].push_back({{"lcore", worker.lcore}, {"busy", Json::array()}});
  }
  for (std::size_t i = 1; i < moments_.size(); ++i) {
    const auto& before = moments_[i - 1].sample;
    const auto& now = moments_[i].sample;
    const bool comparable = before && now && before->started == now->started &&
                            before->ports.ports.size() == ports.size() &&
                            now->ports.ports.size() == ports.size() &&
                            before->workers.workers.size() == workers.size() &&
                            now->workers.workers.size() == workers.size();
    const double seconds = comparable ? std::max(now->seconds - before->seconds, 1e-3) : 1;
    /// Of two reports of which `member` is a counter.
    const auto rate = [&](const auto& earlier, const auto& later, auto member) {
      return per_second(earlier.*member, later.*member, seconds);
    };
    json["at_ms"].push_back(moments_[i].at_ms);
    for (const auto& [name, member] : {std::pair("received", &api::CountersReport::received),
                                       std::pair("translated", &api::CountersReport::translated),
                                       std::pair("dropped", &api::CountersReport::dropped)}) {
      json[name].push_back(comparable ? rate(before->counters, now->counters, member) : Json());
    }
    for (std::size_t port = 0; port < ports.size(); ++port) {
      for (const auto& [name, member] : {std::pair("rx", &api::PortReport::rx_packets),
                                         std::pair("tx", &api::PortReport::tx_packets)}) {
        json["ports"][port][name].push_back(
            comparable ? rate(before->ports.ports[port], now->ports.ports[port], member) : Json());
      }
    }
    for (std::size_t worker = 0; worker < workers.size(); ++worker) {
      Json& busy = json["workers"][worker]["busy"];
      if (!comparable) {
        busy.push_back(nullptr);
        continue;
      }
      const api::WorkerReport& earlier = before->workers.workers[worker];
      const api::WorkerReport& later = now->workers.workers[worker];
      busy.push_back(share(later.busy_cycles - earlier.busy_cycles, later.cycles - earlier.cycles));
    }
  }
  return json;
}

}  // namespace natto
