#include "history/report.hpp"

#include <algorithm>

namespace natto {
namespace {

void add_numbers(Numbers& sums, const Numbers& more) {
  for (const auto& [name, number] : more) {
    sums[name] += number;
  }
}

}  // namespace

bool EvidenceReport::has_side(const std::vector<std::string>& realms) const {
  return !realm_ || realms.empty() || std::ranges::find(realms, *realm_) != realms.end();
}

void EvidenceReport::add(const Period& period) {
  const auto before = std::exchange(last_end_, std::pair(period.to, period.ends));
  if (period.to <= from_ || period.to > to_) {
    return;
  }
  if (period.begins) {
    ++starts_;
    if (before) {
      gaps_.push_back({before->first, period.from, !before->second});
    }
  }
  counted_ = {counted_ ? counted_->first : period.from, period.to};
  for (const TableInForce& table : period.tables) {
    if (tables_.empty() || tables_.back() != table) {
      tables_.push_back(table);
    }
  }
  for (const auto& [realm, numbers] : period.ports) {
    if (!realm_ || realm == *realm_) {
      add_numbers(ports_[realm], numbers);
    }
  }
  if (!realm_) {
    add_numbers(counters_, period.counters);
    add_numbers(drops_, period.drops);
  }
  for (const MappingCount& more : period.mappings) {
    if (!realm_ || more.realm == *realm_) {
      mappings_.add(more);
    }
  }
  for (const RuleCount& more : period.rules) {
    if (has_side(more.realms)) {
      rules_.add(more);
    }
  }
  for (const LimitCount& more : period.limits) {
    if (has_side(more.realms)) {
      limits_.add(more);
    }
  }
}

std::vector<MappingCount> EvidenceReport::mappings() const { return mappings_.values(); }
std::vector<RuleCount> EvidenceReport::rules() const { return rules_.values(); }
std::vector<LimitCount> EvidenceReport::limits() const { return limits_.values(); }

}  // namespace natto
