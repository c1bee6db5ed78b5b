#include "policy/policy.hpp"

#include <algorithm>

#include "packet/wire.hpp"

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

std::span<const Policy::Range> Policy::ranges(const Grant& grant,
                                              std::uint8_t protocol) const noexcept {
  const std::uint32_t first = std::uint32_t{protocol} << 16U;
  const std::span<const Range> all = ranges(grant);
  const auto begin = std::ranges::lower_bound(all, first, {}, &Range::first);
  const auto end = std::ranges::upper_bound(begin, all.end(), first | 0xffffU, {}, &Range::first);
  return {begin, end};
}

PairRules Policy::rules_of(Group source, Group destination, std::uint8_t protocol) const noexcept {
  // Of the others, it is not the ports alone that tell who opens.
  PairRules rules{.complete = protocol != protocol::kIcmp && protocol != protocol::kSctp &&
                              protocol != protocol::kDccp};
  for_each_limit(source, destination, [&](std::uint32_t limit) {
    rules.complete = rules.complete && rules.limit == PairRules::kNone;
    rules.limit = limit;
  });
  if (!parts_.denies) {
    rules.ports = PairRules::kAnyPort;
    return rules;
  }
  for_each_grant(source, destination, [&](const Grant& grant, bool opens) {
    const std::span<const Range> of_protocol = ranges(grant, protocol);
    if (of_protocol.empty() && !grant.any.exists()) {
      return;
    }
    const RuleOfGrant rule = of_protocol.empty() ? grant.any : of_protocol.front().rule;
    const bool is_one_rule = std::ranges::all_of(of_protocol, [&](const Range& range) {
      return range.rule.index == rule.index && !grant.any.exists();
    });
    rules.complete = rules.complete && rules.rule == PairRules::kNone && is_one_rule &&
                     of_protocol.size() <= rules.ports.size();
    if (!rules.complete) {
      return;
    }
    rules.rule = rule.index;
    rules.source_opens = opens;
    rules.there = opens != static_cast<bool>(rule.reversed);
    if (of_protocol.empty() || (of_protocol.front().last - of_protocol.front().first) == 0xffff) {
      rules.ports = PairRules::kAnyPort;
      return;
    }
    std::ranges::transform(of_protocol, rules.ports.begin(), [](const Range& range) {
      return PortSpan{static_cast<std::uint16_t>(range.first),
                      static_cast<std::uint16_t>(range.last - range.first + 1)};
    });
  });
  return rules;
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
