#include <fmt/format.h>
#include <rte_ethdev.h>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

const char* name_of(PortState state) {
  switch (state) {
    case PortState::kUp:
      return "up";
    case PortState::kLinkDown:
      return "link down";
    case PortState::kInterfaceGone:
      return "interface gone";
    case PortState::kRecovering:
      return "recovering";
    case PortState::kResetting:
      return "resetting";
    case PortState::kDead:
      return "dead";
  }
  return "";
}

const char* name_of(ResetCause cause) {
  switch (cause) {
    case ResetCause::kNone:
      return "";
    case ResetCause::kDriverAsked:
      return "the driver asked for it";
    case ResetCause::kRecoveryFailed:
      return "the driver could not recover the port";
    case ResetCause::kCountersTold:
      return "the driver's counters told that it needs one, or could not be read";
  }
  return "";
}

void add_device(PortReport& report, const Port& device) {
  const PortPlan& plan = device.plan();
  report.device = device.device();
  report.ethdev = device.id();
  report.driver = plan.driver;
  report.mac = to_string(device.mac());
  report.mtu = plan.mtu;
  report.queues = plan.queues;
  report.rx_descriptors = plan.rx_descriptors;
  report.tx_descriptors = plan.tx_descriptors;
  report.rss = rss_names(plan.rss_hf);
  report.checksum_offload = plan.checksum_offload ? "on" : "off";
  report.no_checksum_offload_because = plan.no_checksum_offload_because;
  report.rx_offloads = offload_names(plan.rx_offloads, rte_eth_dev_rx_offload_name);
  report.tx_offloads = offload_names(plan.tx_offloads, rte_eth_dev_tx_offload_name);
}

void add_status(PortReport& report, const PortStatus& status) {
  report.state = name_of(status.state);
  report.state_since_ms = unix_milliseconds(status.since);
  report.link = status.link.up ? "up" : "down";
  report.speed_mbps = status.link.speed_mbps;
  report.link_losses = status.link_losses;
  report.resets = status.resets;
  report.failed_resets = status.failed_resets;
  report.recoveries = status.recoveries;
  report.reset_cause = name_of(status.reset_cause);
}

void add_next_hop(PortReport& report, const PortConfig& config, const NextHops& next_hops) {
  if (!config.gateway && !config.gateway_mac) {
    return;
  }
  report.next_hop = config.gateway_mac ? "static" : to_string(*config.gateway);
  if (const auto* found = next_hops.find(config.gateway.value_or(Ipv4Address{}))) {
    report.next_hop_mac = to_string(found->destination);
  }
}

void add_counters(PortReport& report, const CounterSums& sums, const CounterSums& rates,
                  std::size_t port) {
#define X(member, direction, ...)                       \
  report.direction##_packets = sums.ports[port].member; \
  report.direction##_per_second = rates.ports[port].member;
  NATTO_PORT_COUNTERS(X)
#undef X
#define X(member, ...)                               \
  report.kernel_##member = sums.kernel[port].member; \
  report.kernel_##member##_per_second = rates.kernel[port].member;
  NATTO_KERNEL_COUNTERS(X)
#undef X
}

void add_device_counters(PortReport& report, const std::vector<WatchedValue>& counters) {
  for (const WatchedValue& counter : counters) {
    if (counter.value == 0 && !counter.watched->is_level) {
      continue;
    }
    report.counters.push_back({.name = counter.name,
                               .value = counter.value,
                               .last_minute = counter.last_minute,
                               .meaning = std::string(counter.watched->meaning),
                               .advice = std::string(counter.watched->advice)});
  }
}

}  // namespace

PortsReport ports_report(const AppliancePart& appliance) {
  const CounterSums sums = sum(appliance.dataplane.counters);
  const CounterSums rates = appliance.rates.per_second();
  const auto next_hops = appliance.dataplane.next_hops.hold();
  PortsReport ports;
  for (std::size_t i = 0; i < appliance.config.ports.size(); ++i) {
    const PortConfig& config = appliance.config.ports[i];
    PortReport& report = ports.ports.emplace_back();
    report.realm = config.realm;
    report.address = to_string(config.address);
    add_device(report, appliance.ports[i]);
    add_status(report, appliance.supervisors[i]->status());
    add_next_hop(report, config, (*next_hops)[i]);
    report.neighbours = (*next_hops)[i].neighbours();
    report.next_hop_silent = appliance.control.gateway_silent[i].load();
    report.kernel_interface = config.kernel_interface.value_or("");
    add_counters(report, sums, rates, i);
    add_device_counters(report, appliance.monitor.counters(i));
  }
  return ports;
}

Result<PortReport> port_report(const AppliancePart& appliance, const PortRequest& request) {
  PortsReport all = ports_report(appliance);
  if (request.port >= all.ports.size()) {
    return input_error(fmt::format("there is no port {}: natto has {}, from 0 on", request.port,
                                   all.ports.size()));
  }
  return std::move(all.ports[request.port]);
}

}  // namespace natto::api
