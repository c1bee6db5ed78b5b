#include "history/report.hpp"

#include <algorithm>

namespace natto {
namespace {

void add_numbers(Numbers& sums, const Numbers& more) {
  for (const auto& [name, number] : more) {
    sums[name] += number;
  }
}

template <typename Count>
void add_count(std::map<std::vector<std::string>, Count>& sums, const Count& more) {
  const auto [at, is_new] = sums.try_emplace(key_of(more), more);
  if (!is_new) {
    at->second += more;
  }
}

template <typename Count>
std::vector<Count> values(const std::map<std::vector<std::string>, Count>& sums) {
  std::vector<Count> found;
  for (const auto& [key, count] : sums) {
    found.push_back(count);
  }
  return found;
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
      add_count(mappings_, more);
    }
  }
  for (const RuleCount& more : period.rules) {
    if (has_side(more.realms)) {
      add_count(rules_, more);
    }
  }
  for (const LimitCount& more : period.limits) {
    if (has_side(more.realms)) {
      add_count(limits_, more);
    }
  }
}

std::vector<MappingCount> EvidenceReport::mappings() const { return values(mappings_); }
std::vector<RuleCount> EvidenceReport::rules() const { return values(rules_); }
std::vector<LimitCount> EvidenceReport::limits() const { return values(limits_); }

}  // namespace natto
