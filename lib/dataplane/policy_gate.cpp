#include "dataplane/policy_gate.hpp"

#include "packet/flow.hpp"

namespace natto {

Verdict PolicyGate::ask(const CachedPair& pair, std::span<const std::uint8_t> frame,
                        std::uint64_t now) const noexcept {
  if (pair.complete && !pair.allows_port_of(frame)) {
    return DropReason::kNotAllowed;  // a flood of these costs no more than what may pass
  }
  const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
  const Policy::Judgement judgement =
      judge(pair.source_group, pair.destination_group,
            flow_of_whole(ip.protocol, frame.subspan(kTransportOffset)));
  if (!judgement.verdict.is_forward()) {
    return refuse(judgement);
  }
  const std::uint32_t bytes = ip.total_length.host();
  if (!keeps_limits(pair.source_group, pair.destination_group, bytes, now)) {
    return DropReason::kOverLimit;
  }
  if (!pair.complete) {
    count(judgement, pair.source_group, pair.destination_group, bytes);
  }
  return Verdict::forward();
}

// A packet that one limit holds back takes nothing of the others.
bool PolicyGate::keeps_limits(Policy::Group source, Policy::Group destination, std::uint32_t bytes,
                              std::uint64_t now) const noexcept {
  bool keeps = true;
  policy_->for_each_limit(source, destination, [&](std::uint32_t limit) {
    if (keeps && !shares_[limit].has(buckets_[limit], now)) {
      shares_[limit].count_over(bytes);
      keeps = false;
    }
  });
  if (keeps) {
    policy_->for_each_limit(source, destination,
                            [&](std::uint32_t limit) { shares_[limit].take(bytes); });
  }
  return keeps;
}

void PolicyGate::count(const Policy::Judgement& judgement, Policy::Group source,
                       Policy::Group destination, std::uint32_t bytes) const noexcept {
  policy_->for_each_limit(source, destination,
                          [&](std::uint32_t limit) { shares_[limit].count_passed(1, bytes); });
  if (judgement.rule.exists()) {
    RuleCounters& counters = rules_[judgement.rule.index];
    (judgement.there ? counters.there : counters.back).count(1, bytes);
  }
}

}  // namespace natto
