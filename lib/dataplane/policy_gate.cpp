#include "dataplane/policy_gate.hpp"

namespace natto {

// A packet that one limit holds back takes nothing of the others.
Verdict PolicyGate::pass(const Policy::Judgement& judgement, Policy::Group source,
                         Policy::Group destination, std::uint32_t bytes,
                         std::uint64_t now) const noexcept {
  bool over = false;
  policy_->for_each_limit(source, destination, [&](std::uint32_t limit) {
    if (!over && !shares_[limit].has(buckets_[limit], now)) {
      shares_[limit].count_over(bytes);
      over = true;
    }
  });
  if (over) {
    return DropReason::kOverLimit;
  }
  policy_->for_each_limit(source, destination, [&](std::uint32_t limit) {
    shares_[limit].take(buckets_[limit], bytes);
  });
  if (judgement.rule.exists()) {
    RuleCounters& counters = rules_[judgement.rule.index];
    (judgement.there ? counters.there : counters.back).count(1, bytes);
  }
  return Verdict::forward();
}

}  // namespace natto
