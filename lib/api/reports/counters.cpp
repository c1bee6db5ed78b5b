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

}  // namespace natto::api
