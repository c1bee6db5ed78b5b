#include "explain/policy_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>

#include "packet/flow.hpp"
#include "packet/protocol_names.hpp"
#include "table/policy_compiler.hpp"
#include "table/policy_text.hpp"

namespace natto {
namespace {

/// "tcp 22", "tcp from port 443", "an icmp reply": what a packet is to a rule, whose first side
/// sent it or not.
std::string describe(const Flow& flow, bool opens) {
  const std::string protocol = protocol_name(flow.protocol);
  if (flow.role == FlowRole::kAnswers || flow.role == FlowRole::kAsks) {
    return fmt::format("an {} {}", protocol, flow.role == FlowRole::kAsks ? "query" : "reply");
  }
  if (flow.ports_unknown) {
    return protocol + " without its ports";
  }
  if (!has_ports(flow.protocol)) {
    return protocol;
  }
  return opens ? fmt::format("{} {}", protocol, flow.destination_port)
               : fmt::format("{} from port {}", protocol, flow.source_port);
}

bool names_protocol(const AllowRule& rule, std::uint8_t protocol) {
  return rule.protocols.empty() ? rule.ports.empty() || has_ports(protocol)
                                : std::ranges::binary_search(rule.protocols, protocol);
}

}  // namespace

PolicyStory PolicyNarrator::tell(Policy::Group source, Policy::Group destination,
                                 const ParsedPacket& packet,
                                 std::span<const std::uint8_t> head) const {
  const auto judgement = table_.compiled->policy.judge(source, destination, packet, head);
  PolicyStory story{.verdict = judgement.verdict};
  const std::string_view what = packet.is_icmp_error() ? "the packet that it quotes" : "it";
  if (judgement.verdict.is_forward()) {
    if (judgement.rule.exists()) {
      const AllowRule& rule = table_.rules.allow[judgement.rule.index];
      story.rule = rule.name;
      story.steps.push_back(
          fmt::format("{} allows {}: {}", cite(rule), what, to_string(rule, config_)));
    }
    return story;
  }
  if (judgement.rule.exists()) {
    const AllowRule& rule = table_.rules.allow[judgement.rule.index];
    story.steps.push_back(
        fmt::format("{} lets only the other side open: {}", cite(rule), to_string(rule, config_)));
    return story;
  }
  const Flow flow = flow_of(packet, head);
  story.steps.push_back(packet.is_icmp_error() ? describe_miss(destination, source, flow)
                                               : describe_miss(source, destination, flow));
  return story;
}

const AllowRule* PolicyNarrator::nearest(Policy::Group source, Policy::Group destination,
                                         const Flow& flow) const {
  const auto judgement = table_.compiled->policy.judge(source, destination, flow);
  return judgement.rule.exists() ? &table_.rules.allow[judgement.rule.index]
                                 : nearest_miss(source, destination, flow).rule;
}

/// Of the rules between the two, one that names the protocol; of those, one that the source may use
/// to open; of those, the first.
PolicyNarrator::Miss PolicyNarrator::nearest_miss(Policy::Group source, Policy::Group destination,
                                                  const Flow& flow) const {
  using Rank = std::tuple<bool, bool, std::uint32_t>;
  std::optional<Rank> best;
  const Policy& policy = table_.compiled->policy;
  policy.for_each_grant(source, destination, [&](const Policy::Grant& grant, bool opens) {
    const auto look_at = [&](Policy::RuleOfGrant rule) {
      const Rank rank{!names_protocol(table_.rules.allow[rule.index], flow.protocol), !opens,
                      std::uint32_t{rule.index}};
      best = best ? std::min(*best, rank) : rank;
    };
    if (grant.any.exists()) {
      look_at(grant.any);
    }
    for (const Policy::Range& range : policy.ranges(grant)) {
      look_at(range.rule);
    }
  });
  if (!best) {
    return {.rule = nullptr, .answers = false};
  }
  const auto& [other_protocol, answers, index] = *best;
  return {.rule = &table_.rules.allow[index], .answers = answers};
}

std::string PolicyNarrator::describe_miss(Policy::Group source, Policy::Group destination,
                                          const Flow& flow) const {
  const auto [rule, answers] = nearest_miss(source, destination, flow);
  if (rule == nullptr) {
    return "no rule names the two together";
  }
  return fmt::format("{} allows {}{}; this is {}", cite(*rule), services_text(*rule),
                     answers ? " from the other side" : "", describe(flow, !answers));
}

std::string PolicyNarrator::cite(const AllowRule& rule) const {
  return fmt::format("rule {}, line {} of {},", rule.name, rule.line,
                     table_.file.filename().string());
}

}  // namespace natto
