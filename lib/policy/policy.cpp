#include "policy/policy.hpp"

#include <algorithm>

namespace natto {
namespace {

using RuleOfGrant = Policy::RuleOfGrant;

/// The one that stands first in the file.
RuleOfGrant first_of(RuleOfGrant a, RuleOfGrant b) noexcept { return a.index <= b.index ? a : b; }

}  // namespace

RuleOfGrant Policy::rule_for(const Grant& grant, const Flow& flow,
                             std::uint16_t port) const noexcept {
  RuleOfGrant rule = grant.any;
  const std::uint32_t of_protocol = std::uint32_t{flow.protocol} << 16U;
  const std::uint32_t first = flow.ports_unknown ? of_protocol : of_protocol | port;
  const std::uint32_t last = flow.ports_unknown ? of_protocol | 0xffffU : first;
  const std::span<const Range> all = ranges(grant);
  auto range = std::ranges::lower_bound(all, first, {}, &Range::last);
  for (; range != all.end() && range->first <= last; ++range) {
    rule = first_of(rule, range->rule);
  }
  return rule;
}

Policy::Judgement Policy::judge(Group source, Group destination, const Flow& flow) const noexcept {
  if (!parts_.denies) {
    return {};
  }
  Judgement allowed{.verdict = Verdict::forward()};
  Judgement opened{.verdict = DropReason::kOpenedByOtherSide};
  for_each_grant(source, destination, [&](const Grant& grant, bool opens) {
    const RuleOfGrant rule =
        rule_for(grant, flow, opens ? flow.destination_port : flow.source_port);
    const bool right_side = opens
                                ? flow.role != FlowRole::kAnswers
                                : flow.role == FlowRole::kEither || flow.role == FlowRole::kAnswers;
    Judgement* const judgement = right_side                      ? &allowed
                                 : flow.role == FlowRole::kOpens ? &opened
                                                                 : nullptr;
    if (judgement != nullptr && rule.index < judgement->rule.index) {
      judgement->rule = rule;
      judgement->there = opens != static_cast<bool>(rule.reversed);
    }
  });
  if (allowed.rule.exists()) {
    return allowed;
  }
  return opened.rule.exists() ? opened : Judgement{.verdict = DropReason::kNotAllowed};
}

Policy::Judgement Policy::judge(Group source, Group destination, const ParsedPacket& packet,
                                std::span<const std::uint8_t> head) const noexcept {
  const Flow flow = flow_of(packet, head);
  if (!packet.is_icmp_error()) {
    return judge(source, destination, flow);
  }
  Judgement judgement = judge(destination, source, flow);
  judgement.there = !judgement.there;
  return judgement;
}

}  // namespace natto
