#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "api/reports/reports.hpp"
#include "table/policy_text.hpp"

namespace natto::api {
namespace {

std::vector<std::uint32_t> all_of(std::size_t size) {
  std::vector<std::uint32_t> indices(size);
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

}  // namespace

RulesReport rules_report(const AppliancePart& appliance) {
  const auto counted = appliance.live_table.counted<RuleTotals>(
      [](const LoadedTable& loaded) { return all_of(loaded.table->rules.allow.size()); });
  const PolicyRules& policy = counted.loaded->table->rules;
  RulesReport report{.version = counted.loaded->version(),
                     .otherwise = policy.denies ? "deny" : "allow",
                     .answer = policy.answers ? "prohibited" : "drop",
                     .rules = {}};
  for (std::size_t i = 0; i < policy.allow.size(); ++i) {
    const AllowRule& rule = policy.allow[i];
    const RuleTotals& totals = counted.totals[i];
    report.rules.push_back({.name = rule.name,
                            .line = rule.line,
                            .allows = to_string(rule, appliance.config),
                            .there_packets = totals.there.packets,
                            .there_bytes = totals.there.bytes,
                            .back_packets = totals.back.packets,
                            .back_bytes = totals.back.bytes,
                            .refused_openings = totals.refused_openings});
  }
  return report;
}

LimitsReport limits_report(const AppliancePart& appliance) {
  const auto counted = appliance.live_table.counted<LimitTotals>(
      [](const LoadedTable& loaded) { return all_of(loaded.table->rules.limits.size()); });
  const std::vector<LimitRule>& limits = counted.loaded->table->rules.limits;
  LimitsReport report{.version = counted.loaded->version(), .limits = {}};
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const LimitTotals& totals = counted.totals[i];
    report.limits.push_back({.name = limits[i].name,
                             .line = limits[i].line,
                             .limits = to_string(limits[i], appliance.config),
                             .passed_packets = totals.passed_packets,
                             .passed_bytes = totals.passed_bytes,
                             .over_packets = totals.over_packets,
                             .over_bytes = totals.over_bytes});
  }
  return report;
}

}  // namespace natto::api
