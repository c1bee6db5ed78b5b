#include "dataplane/policy_gate.hpp"

#include "packet/flow.hpp"

namespace natto {

Verdict PolicyGate::ask(Policy::Group source, Policy::Group destination, const CachedPair* pair,
                        std::span<const std::uint8_t> frame, std::uint64_t now) const noexcept {
  const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
  if (pair == nullptr) {
    remember(source, destination, ip.protocol);
  } else if (pair->complete && !pair->allows_port_of(frame)) {
    return DropReason::kNotAllowed;  // a flood of these costs no more than what may pass
  }
  const Policy::Judgement judgement =
      judge(source, destination, flow_of_whole(ip.protocol, frame.subspan(kTransportOffset)));
  return judgement.verdict.is_forward()
             ? pass(judgement, source, destination, ip.total_length.host(), now)
             : refuse(judgement);
}

void PolicyGate::remember(Policy::Group source, Policy::Group destination,
                          std::uint8_t protocol) const noexcept {
  const PairRules rules = policy_->rules_of(source, destination, protocol);
  const bool has_limit = rules.limit != PairRules::kNone;
  const bool complete = rules.complete && (!has_limit || rules.limit < CachedPair::kNoLimit);
  DirectionCounters* counters = &pairs_->uncounted();
  if (rules.rule != PairRules::kNone) {
    RuleCounters& of_rule = rules_[rules.rule];
    counters = rules.there ? &of_rule.there : &of_rule.back;
  }
  CachedPair pair{.counters = counters};
  if (complete) {
    pair.limit = has_limit ? static_cast<std::uint16_t>(rules.limit) : CachedPair::kNoLimit;
    pair.asked_port = rules.source_opens ? CachedPair::kOfDestination : CachedPair::kOfSource;
    pair.complete = true;
    pair.ports = rules.ports;
  }
  pairs_->remember(source, destination, protocol, pair);
}

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
  policy_->for_each_limit(source, destination,
                          [&](std::uint32_t limit) { shares_[limit].take(bytes); });
  if (judgement.rule.exists()) {
    RuleCounters& counters = rules_[judgement.rule.index];
    (judgement.there ? counters.there : counters.back).count(1, bytes);
  }
  return Verdict::forward();
}

}  // namespace natto
