#include <algorithm>

#include "api/reports/reports.hpp"

namespace natto::api {

CounterSums sum_counters(const Dataplane& dataplane) {
  CounterSums sums;
  for (const Counters& counters : dataplane.counters) {
    sums += counters;
  }
  return sums;
}

CountersReport counters_report(const AppliancePart& appliance) {
  const CounterSums sums = sum_counters(appliance.dataplane);
  const CounterSums rates = appliance.rates.per_second();
  return {.received = sums.received,
          .translated = sums.translated,
          .consumed = sums.consumed,
          .generated = sums.generated,
          .fragmented = sums.fragmented,
          .fragments = sums.fragments,
          .checksums_offloaded = sums.checksums_offloaded,
          .quoted_checksum_bad = sums.quoted_checksum_bad,
          .dropped = sums.dropped(),
          .received_per_second = rates.received,
          .translated_per_second = rates.translated,
          .dropped_per_second = rates.dropped()};
}

DropsReport drops_report(const AppliancePart& appliance) {
  const CounterSums sums = sum_counters(appliance.dataplane);
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
