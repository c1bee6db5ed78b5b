#include "exporter/series.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exporter/metric_list.hpp"
#include "health_judgement.hpp"
#include "packet/counter_list.hpp"
#include "packet/drop_reasons.hpp"

namespace natto {
namespace {

constexpr std::string_view kReceive = "receive";
constexpr std::string_view kTransmit = "transmit";

double seconds_of_ms(std::uint64_t ms) { return static_cast<double>(ms) / 1e3; }
double seconds_of_us(std::uint64_t us) { return static_cast<double>(us) / 1e6; }

/// Writes the series, a metric at a time.
class SeriesWriter {
 public:
  SeriesWriter(const Snapshot& natto, ExpositionFormat format) : natto_(natto), out_(format) {}

  [[nodiscard]] std::string write(double scrape_seconds) {
    one(metric::kUp, 1);
    one(metric::kScrapeSeconds, scrape_seconds);
    process();
    health();
    table();
    counters();
    drops();
    ports();
    devices();
    workers();
    rules();
    limits();
    if (!natto_.mappings.empty()) {
      mappings();
    }
    return out_.take();
  }

 private:
  template <typename Number>
  void one(const Metric& metric, Number value) {
    out_.begin(metric);
    out_.add({}, value);
  }

  /// A sample for each of `rows`: `add(row)` writes it, or none.
  template <typename Row, typename Add>
  void each(const Metric& metric, const std::vector<Row>& rows, Add add) {
    out_.begin(metric);
    for (const Row& row : rows) {
      add(row);
    }
  }

  /// A sample for each of `rows`, with one label.
  template <typename Row, typename LabelOf, typename ValueOf>
  void each(const Metric& metric, const std::vector<Row>& rows, LabelOf label_of,
            ValueOf value_of) {
    each(metric, rows, [&](const Row& row) { out_.add({label_of(row)}, value_of(row)); });
  }

  void process() {
    const api::ProcessReport& process = natto_.process;
    out_.begin(metric::kBuildInfo);
    out_.add({{"version", process.version}, {"dpdk", process.dpdk}}, 1);
    one(metric::kProcessStart, seconds_of_ms(process.started_ms));
    one(metric::kProcessCpu, seconds_of_us(process.cpu_us));
    one(metric::kProcessMemory, process.resident_bytes);
    one(metric::kApiRequests, process.requests);
  }

  void health() {
    const HealthJudgement judgement = judge_health(natto_.health);
    out_.begin(metric::kHealthFindings);
    for (const std::string_view check : {"control", "worker", "port", "next_hop", "table"}) {
      out_.add({{"check", check}},
               std::ranges::count(judgement.findings, check, &HealthFinding::check));
    }
    one(metric::kRoleActive, natto_.health.role == "active" ? 1 : 0);
    one(metric::kPeerDiffers, natto_.health.peer_differs ? 1 : 0);
  }

  void table() {
    const api::TableReport& table = natto_.table;
    out_.begin(metric::kTableInfo);
    out_.add({{"digest", table.digest}, {"file", table.file}}, 1);
    one(metric::kTableVersion, table.version);
    one(metric::kTableMappings, table.mappings);
    one(metric::kTableAddresses, table.addresses);
    one(metric::kTableMemory, table.memory_bytes);
    one(metric::kTableLoaded, seconds_of_ms(table.loaded_ms));
    one(metric::kTableRefused, table.file_state == "refused" ? 1 : 0);
    one(metric::kTableDiffers, table.file_state == "differs" ? 1 : 0);
    one(metric::kReloads, table.reloads);
    one(metric::kReloadsRefused, table.refused_reloads);
    if (table.last_reload_ms != 0) {
      one(metric::kLastReload, seconds_of_ms(table.last_reload_ms));
      one(metric::kLastReloadSuccessful, table.last_reload_refused ? 0 : 1);
      one(metric::kLastReloadSeconds, seconds_of_us(table.last_reload_us));
    }
  }

  void counters() {
    const CounterInfo* info = kCounters.data();
    const auto write = [&](std::uint64_t value) {
      const std::string name = counter_metric_name(info->member, info->unit);
      const std::string meaning = counter_metric_meaning(info->unit, info->meaning);
      one({.name = name, .type = MetricType::kCounter, .labels = "", .meaning = meaning}, value);
      ++info;
    };
#define X(member, ...) write(natto_.counters.member);
    NATTO_COUNTERS(X)
#undef X
  }

  /// Every reason that this program knows, and others that natto tells of.
  void drops() {
    std::unordered_map<std::string_view, std::uint64_t> packets;
    for (const api::DropReport& drop : natto_.drops.drops) {
      packets[drop.reason] = drop.packets;
    }
    out_.begin(metric::kDropped);
    for (const DropReasonInfo& reason : kDropReasons) {
      out_.add({{"reason", reason.name}}, packets[reason.name]);
      packets.erase(reason.name);
    }
    for (const api::DropReport& drop : natto_.drops.drops) {
      if (packets.contains(drop.reason)) {
        out_.add({{"reason", drop.reason}}, drop.packets);
      }
    }
  }

  void ports() {
    const std::vector<api::PortReport>& ports = natto_.ports.ports;
    const auto of_realm = [](const api::PortReport& port) { return Label{"realm", port.realm}; };
    const auto each_port = [&](const Metric& metric, auto value_of) {
      each(metric, ports, of_realm, value_of);
    };
    const auto each_next_hop = [&](const Metric& metric, auto value_of) {
      each(metric, ports, [&](const api::PortReport& port) {
        if (!port.next_hop.empty()) {
          out_.add({of_realm(port), {"next_hop", port.next_hop}}, value_of(port));
        }
      });
    };
    using Port = const api::PortReport&;
    each(metric::kPortInfo, ports, [&](Port port) {
      out_.add({of_realm(port),
                {"device", port.device},
                {"driver", port.driver},
                {"mac", port.mac},
                {"address", port.address}},
               1);
    });
    each_port(metric::kPortUp, [](Port port) { return port.state == "up" ? 1 : 0; });
    each_port(metric::kPortLinkUp, [](Port port) { return port.link == "up" ? 1 : 0; });
    each_port(metric::kPortMtu, [](Port port) { return port.mtu; });
    each_next_hop(metric::kPortNextHopResolved,
                  [](Port port) { return port.next_hop_mac.empty() ? 0 : 1; });
    each_next_hop(metric::kPortNextHopSilent,
                  [](Port port) { return port.next_hop_silent ? 1 : 0; });
    each_port(metric::kPortNeighbours, [](Port port) { return port.neighbours; });
    each_port(metric::kPortLinkLosses, [](Port port) { return port.link_losses; });
    each_port(metric::kPortResets, [](Port port) { return port.resets; });
    each_port(metric::kPortFailedResets, [](Port port) { return port.failed_resets; });
    each_port(metric::kPortRecoveries, [](Port port) { return port.recoveries; });
    each(metric::kPortPackets, ports, [&](Port port) {
      out_.add({of_realm(port), {"direction", kReceive}}, port.rx_packets);
      out_.add({of_realm(port), {"direction", kTransmit}}, port.tx_packets);
    });
    each(metric::kPortKernel, ports, [&](Port port) {
      if (!port.kernel_interface.empty()) {
#define X(member, ...) out_.add({of_realm(port), {"kind", #member}}, port.kernel_##member);
        NATTO_KERNEL_COUNTERS(X)
#undef X
      }
    });
  }

  void devices() {
    const std::vector<api::DeviceReport>& devices = natto_.devices.devices;
    using Device = const api::DeviceReport&;
    using Queue = const api::QueueReport&;
    const auto of_realm = [](Device device) { return Label{"realm", device.realm}; };
    each(metric::kPortBytes, devices, [&](Device device) {
      for (const auto& [direction, bytes] :
           {std::pair(kReceive, device.rx_bytes), std::pair(kTransmit, device.tx_bytes)}) {
        if (bytes) {
          out_.add({of_realm(device), {"direction", direction}}, *bytes);
        }
      }
    });
    const auto each_queue = [&](const Metric& metric, auto values_of) {
      each(metric, devices, [&](Device device) {
        for (std::size_t i = 0; i < device.queues.size(); ++i) {
          const std::string queue = std::to_string(i);
          for (const auto& [direction, value] : values_of(device.queues[i])) {
            if (value) {
              out_.add({of_realm(device), {"direction", direction}, {"queue", queue}}, *value);
            }
          }
        }
      });
    };
    using Values = std::array<std::pair<std::string_view, std::optional<std::uint64_t>>, 2>;
    each_queue(metric::kQueuePackets, [](Queue queue) {
      return Values{{{kReceive, queue.rx_packets}, {kTransmit, queue.tx_packets}}};
    });
    each_queue(metric::kQueueBytes, [](Queue queue) {
      return Values{{{kReceive, queue.rx_bytes}, {kTransmit, queue.tx_bytes}}};
    });
    for (const bool level : {false, true}) {
      each(level ? metric::kPortLevel : metric::kPortLosses, devices, [&](Device device) {
        for (const api::LossReport& loss : device.losses) {
          if (loss.level == level) {
            out_.add({of_realm(device), {"counter", loss.name}}, loss.value);
          }
        }
      });
    }
  }

  void workers() {
    using Worker = const api::WorkerReport&;
    const auto each_worker = [&](const Metric& metric, auto value_of) {
      each(metric, natto_.workers.workers, [&](Worker worker) {
        const std::string lcore = std::to_string(worker.lcore);
        out_.add({{"lcore", lcore}}, value_of(worker));
      });
    };
    const auto seconds = [hz = natto_.workers.tsc_hz](std::uint64_t cycles) {
      return hz == 0 ? 0.0 : static_cast<double>(cycles) / static_cast<double>(hz);
    };
    each_worker(metric::kWorkerPollSeconds, [&](Worker worker) { return seconds(worker.cycles); });
    each_worker(metric::kWorkerBusySeconds,
                [&](Worker worker) { return seconds(worker.busy_cycles); });
    each_worker(metric::kWorkerPolls, [](Worker worker) { return worker.polls; });
    each_worker(metric::kWorkerBusyPolls, [](Worker worker) { return worker.busy_polls; });
    each_worker(metric::kWorkerPackets, [](Worker worker) { return worker.received; });
    each_worker(metric::kWorkerSlowPath, [](Worker worker) { return worker.slow_path; });
    each_worker(metric::kWorkerCacheMisses, [](Worker worker) { return worker.looked_up; });
    each(metric::kWorkerBurst, natto_.workers.workers, [&](Worker worker) {
      std::vector<Exposition::Bucket> buckets;
      for (std::size_t i = 0; i < worker.bursts.size(); ++i) {
        buckets.push_back({.largest = std::uint64_t{1} << i, .count = worker.bursts[i]});
      }
      const std::string lcore = std::to_string(worker.lcore);
      out_.add_histogram({{"lcore", lcore}}, buckets, worker.received);
    });
    each_worker(metric::kWorkerLongestGap,
                [&](Worker worker) { return seconds(worker.longest_gap_cycles); });
    each_worker(metric::kWorkerStalled, [](Worker worker) { return worker.stalled ? 1 : 0; });
  }

  void rules() {
    using Rule = const api::RuleReport&;
    const auto both_ways = [&](const Metric& metric, auto there, auto back) {
      each(metric, natto_.rules.rules, [&](Rule rule) {
        out_.add({{"rule", rule.name}, {"direction", "there"}}, rule.*there);
        out_.add({{"rule", rule.name}, {"direction", "back"}}, rule.*back);
      });
    };
    both_ways(metric::kRulePackets, &api::RuleReport::there_packets,
              &api::RuleReport::back_packets);
    both_ways(metric::kRuleBytes, &api::RuleReport::there_bytes, &api::RuleReport::back_bytes);
    each(
        metric::kRuleRefused, natto_.rules.rules,
        [](Rule rule) {
          return Label{"rule", rule.name};
        },
        [](Rule rule) { return rule.refused_openings; });
  }

  void limits() {
    const auto each_limit = [&](const Metric& metric, std::uint64_t api::LimitReport::*value) {
      each(
          metric, natto_.limits.limits,
          [](const api::LimitReport& limit) {
            return Label{"limit", limit.name};
          },
          [value](const api::LimitReport& limit) { return limit.*value; });
    };
    each_limit(metric::kLimitPassedPackets, &api::LimitReport::passed_packets);
    each_limit(metric::kLimitPassedBytes, &api::LimitReport::passed_bytes);
    each_limit(metric::kLimitOverPackets, &api::LimitReport::over_packets);
    each_limit(metric::kLimitOverBytes, &api::LimitReport::over_bytes);
  }

  void mappings() {
    using Mapping = const api::MappingReport&;
    const auto both_ways = [&](const Metric& metric, auto from, auto to) {
      each(metric, natto_.mappings, [&](Mapping mapping) {
        const Label name{"mapping", mapping.name};
        const Label realm{"realm", mapping.realm};
        out_.add({name, realm, {"direction", "from"}}, from(mapping));
        out_.add({name, realm, {"direction", "to"}}, to(mapping));
      });
    };
    both_ways(
        metric::kMappingPackets, [](Mapping mapping) { return mapping.from_packets; },
        [](Mapping mapping) { return mapping.to_packets; });
    both_ways(
        metric::kMappingBytes, [](Mapping mapping) { return mapping.from_bytes; },
        [](Mapping mapping) { return mapping.to_bytes; });
    both_ways(
        metric::kMappingLast, [](Mapping mapping) { return seconds_of_ms(mapping.from_last_ms); },
        [](Mapping mapping) { return seconds_of_ms(mapping.to_last_ms); });
  }

  const Snapshot& natto_;
  Exposition out_;
};

}  // namespace

std::string series_of(const Snapshot& natto, double scrape_seconds, ExpositionFormat format) {
  return SeriesWriter(natto, format).write(scrape_seconds);
}

std::string series_of_none(ExpositionFormat format) {
  Exposition out(format);
  out.begin(metric::kUp);
  out.add({}, 0);
  return out.take();
}

}  // namespace natto
