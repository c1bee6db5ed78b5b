#include <algorithm>

#include "api/reports/reports.hpp"

namespace natto::api {

CountersReport counters_report(const AppliancePart& appliance) {
  const CounterSums sums = sum(appliance.dataplane.counters);
  const CounterSums rates = appliance.rates.per_second();
  CountersReport report;
#define X(member, ...)         \
  report.member = sums.member; \
  report.member##_per_second = rates.member;
  NATTO_COUNTERS(X)
#undef X
  report.dropped = sums.dropped();
  report.dropped_per_second = rates.dropped();
  return report;
}

DropsReport drops_report(const AppliancePart& appliance) {
  const CounterSums sums = sum(appliance.dataplane.counters);
  const CounterSums rates = appliance.rates.per_second();
  DropsReport report;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (sums.drops[i] > 0) {
      report.drops.push_back({.reason = std::string(kDropReasons[i].name),
                              .packets = sums.drops[i],
                              .per_second = rates.drops[i],
                              .meaning = std::string(kDropReasons[i].meaning),
                              .advice = std::string(kDropReasons[i].advice)});
    }
  }
  std::ranges::stable_sort(report.drops, std::greater(), &DropReport::packets);
  return report;
}

}  // namespace natto::api
