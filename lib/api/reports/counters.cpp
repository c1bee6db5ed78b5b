#include <algorithm>

#include "api/reports/reports.hpp"

#include "packet/checksum_hint.hpp"

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
  if (sums.checksum_half_made > 0) {
    report.hints.push_back({.counter = "checksum_half_made",
                            .packets = sums.checksum_half_made,
                            .per_second = rates.checksum_half_made,
                            .meaning = std::string(ChecksumHint::kMeaning),
                            .advice = std::string(ChecksumHint::kAdvice)});
  }
  return report;
}

}  // namespace natto::api
