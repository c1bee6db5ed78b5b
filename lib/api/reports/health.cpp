#include <fmt/format.h>
#include <rte_cycles.h>

#include <utility>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

/// Microseconds since `tsc`. Another core's may be a little ahead of this one's.
std::uint64_t since(std::uint64_t tsc, std::uint64_t now) {
  return now <= tsc ? 0
                    : static_cast<std::uint64_t>(1e6 * static_cast<double>(now - tsc) /
                                                 static_cast<double>(rte_get_tsc_hz()));
}

std::vector<std::string> warnings(const AppliancePart& appliance) {
  std::vector<std::string> found;
  const auto add = [&found](const char* what, const auto* writer) {
    const std::string trouble = writer == nullptr ? "" : writer->trouble();
    if (!trouble.empty()) {
      found.push_back(what + trouble);
    }
  };
  add("the audit is not written: ", appliance.trail);
  add("the history of counters is not written: ", appliance.historian);
  if (const std::string why = appliance.reloader.not_kept(); !why.empty()) {
    const auto serial = appliance.live_table.current()->table->serial;
    found.push_back(fmt::format(
        "the table in force{} is not kept, and an older one could come back after a restart: {}",
        serial ? fmt::format(", with serial {},", *serial) : "", why));
  }
  return found;
}

}  // namespace

HealthReport health_report(const AppliancePart& appliance, const PeerTable& peer) {
  const std::uint64_t now = rte_rdtsc();
  TableReport table = table_report(appliance);
  HealthReport report{.role = std::string(name_of(appliance.dataplane.role.role())),
                      .peer = appliance.config.ha.peer.value_or(""),
                      .peer_differs = peer.differs_from(table.digest),
                      .version = table.version,
                      .mappings = table.mappings,
                      .file = std::move(table.file),
                      .file_state = std::move(table.file_state),
                      .file_refused_ms = table.file_refused_ms,
                      .file_error = std::move(table.file_error),
                      .since_control_us = since(appliance.control.last_tsc.value(), now)};
  for (std::size_t i = 0; i < appliance.dataplane.activity.size(); ++i) {
    const WorkerActivity& activity = appliance.dataplane.activity[i];
    const std::uint64_t last_poll = activity.last_tsc.value();
    report.workers.push_back({.lcore = appliance.config.dpdk.lcores[i],
                              .polls = activity.polls.value(),
                              .since_poll_us = last_poll == 0 ? 0 : since(last_poll, now)});
  }
  for (PortReport& port : ports_report(appliance).ports) {
    report.ports.push_back({.realm = std::move(port.realm),
                            .state = std::move(port.state),
                            .state_since_ms = port.state_since_ms,
                            .next_hop = std::move(port.next_hop),
                            .next_hop_mac = std::move(port.next_hop_mac),
                            .next_hop_silent = port.next_hop_silent});
  }
  report.warnings = warnings(appliance);
  return report;
}

}  // namespace natto::api
