#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

std::optional<std::uint64_t> find(const std::vector<PortCounter>& counters,
                                  const std::string& name) {
  const auto found = std::ranges::find(counters, name, &PortCounter::name);
  return found != counters.end() ? std::optional(found->value) : std::nullopt;
}

}  // namespace

DevicesReport devices_report(const AppliancePart& appliance) {
  DevicesReport devices;
  for (std::size_t port = 0; port < appliance.config.ports.size(); ++port) {
    DeviceReport& report = devices.devices.emplace_back();
    const std::vector<PortCounter> bytes = appliance.monitor.bytes(port);
    report.realm = appliance.config.ports[port].realm;
    report.rx_bytes = find(bytes, "rx_good_bytes");
    report.tx_bytes = find(bytes, "tx_good_bytes");
    for (std::size_t worker = 0; worker < appliance.dataplane.activity.size(); ++worker) {
      const auto& counters = appliance.dataplane.counters[worker].ports[port];
      report.queues.push_back({.rx_packets = counters.received.value(),
                               .tx_packets = counters.transmitted.value(),
                               .rx_bytes = find(bytes, fmt::format("rx_q{}_bytes", worker)),
                               .tx_bytes = find(bytes, fmt::format("tx_q{}_bytes", worker))});
    }
    for (const WatchedValue& counter : appliance.monitor.counters(port)) {
      report.losses.push_back(
          {.name = counter.name, .value = counter.value, .level = counter.watched->is_level});
    }
  }
  return devices;
}

}  // namespace natto::api
