#include <algorithm>
#include <functional>

#include "api/reports/reports.hpp"
#include "api/reports/tsc_times.hpp"
#include "packet/checksum_hint.hpp"
#include "packet/protocol_names.hpp"
#include "packet/wire.hpp"

namespace natto::api {
namespace {

std::string protocol_of(const Glance& glance) {
  return glance.ethertype == ethertype::kArp ? "arp"
         : glance.has_addresses              ? protocol_name(glance.protocol)
                                             : "";
}

DropSampleReport report_of(const DropSample& sample, const AppliancePart& appliance,
                           const TscTimes& times) {
  const Glance& glance = sample.glance;
  return {.at_ms = times.unix_ms(sample.place.tsc),
          .realm = appliance.config.ports[sample.place.realm].realm,
          .way = sample.place.way == Way::kIn ? "in" : "out",
          .source = glance.has_addresses ? to_string(glance.source) : "",
          .destination = glance.has_addresses ? to_string(glance.destination) : "",
          .protocol = protocol_of(glance),
          .source_port = glance.source_port,
          .destination_port = glance.destination_port,
          .ethertype = glance.ethertype,
          .length = sample.length};
}

/// Of all threads, the latest first.
std::vector<DropSampleReport> samples_of(DropReason reason, const AppliancePart& appliance,
                                         const TscTimes& times) {
  std::vector<DropSample> samples;
  for (const DropSamples& of_thread : appliance.dataplane.drop_samples) {
    of_thread.for_each(reason, [&](const DropSample& sample) { samples.push_back(sample); });
  }
  std::ranges::sort(samples, std::greater(),
                    [](const DropSample& sample) { return sample.place.tsc; });
  samples.resize(std::min(samples.size(), DropSamples::kKept));
  std::vector<DropSampleReport> reports;
  for (const DropSample& sample : samples) {
    reports.push_back(report_of(sample, appliance, times));
  }
  return reports;
}

}  // namespace

DropsReport drops_report(const AppliancePart& appliance, const DropsRequest& request) {
  const CounterSums sums = sum(appliance.dataplane.counters);
  const CounterSums rates = appliance.rates.per_second();
  const TscTimes times;
  DropsReport report;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (sums.drops[i] == 0) {
      continue;
    }
    report.drops.push_back({.reason = std::string(kDropReasons[i].name),
                            .packets = sums.drops[i],
                            .per_second = rates.drops[i],
                            .meaning = std::string(kDropReasons[i].meaning),
                            .advice = std::string(kDropReasons[i].advice)});
    if (request.samples) {
      report.drops.back().samples = samples_of(static_cast<DropReason>(i), appliance, times);
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
