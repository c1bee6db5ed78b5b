#include <rte_cycles.h>

#include <utility>
#include <vector>

#include "api/reports/reports.hpp"

namespace natto::api {

WorkersReport workers_report(const AppliancePart& appliance) {
  const std::uint64_t now = rte_rdtsc();
  WorkersReport report{.tsc_hz = rte_get_tsc_hz(), .workers = {}};
  for (std::size_t i = 0; i < appliance.dataplane.activity.size(); ++i) {
    const WorkerActivity& activity = appliance.dataplane.activity[i];
    std::vector<std::uint64_t> bursts;
    for (const Counter& of_size : activity.bursts) {
      bursts.push_back(of_size.value());
    }
    report.workers.push_back({.lcore = appliance.config.dpdk.lcores[i],
                              .received = appliance.dataplane.counters[i].received.value(),
                              .polls = activity.polls.value(),
                              .busy_polls = activity.busy_polls.value(),
                              .cycles = activity.cycles.value(),
                              .busy_cycles = activity.busy_cycles.value(),
                              .longest_gap_cycles = activity.longest_poll_cycles.value(),
                              .slow_path = activity.slow_path.value(),
                              .looked_up = activity.looked_up.value(),
                              .bursts = std::move(bursts),
                              .stalled = now > activity.last_tsc.value() + report.tsc_hz});
  }
  return report;
}

}  // namespace natto::api
