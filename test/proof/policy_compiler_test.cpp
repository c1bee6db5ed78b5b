// The compiler of the policy says of every policy of up to two rules what the rules say: all of
// them in a small world of two realms and four mapped addresses, where a side is a realm, a
// mapping, a part of one, several of them, or a list. What the rules say is read off them one by
// one, straight from P1 to P6 (doc/rfc-compliance.md); so is what limits hold for whom.

#include "table/policy_compiler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <optional>
#include <vector>

#include "packet/wire.hpp"

namespace natto {
namespace {

constexpr std::size_t kRealms = 2;

struct Host {
  RealmId realm;
  Ipv4Address real;
  std::optional<std::uint32_t> mapping;  ///< none: nobody's
};

constexpr Ipv4Address address(std::uint8_t net, std::uint8_t host) {
  return Ipv4Address::of(10, 0, net, host);
}

/// Both realms have 10.0.0.0.
const std::vector<Mapping> kMappings = {
    {.name = "net", .realm = 0, .real = {address(0, 0), 31}, .mapped = {address(9, 0), 31}},
    {.name = "app", .realm = 0, .real = {address(1, 1), 32}, .mapped = {address(9, 2), 32}},
    {.name = "orders", .realm = 1, .real = {address(0, 0), 32}, .mapped = {address(9, 3), 32}},
};
constexpr std::array<Host, 6> kHosts = {{
    {0, address(0, 0), 0},
    {0, address(0, 1), 0},
    {0, address(1, 1), 1},
    {1, address(0, 0), 2},
    {0, address(7, 7), std::nullopt},
    {1, address(7, 7), std::nullopt},
}};
/// To whom nobody is mapped, nothing is sent.
constexpr std::size_t kReceivers = 4;

using Side = std::vector<Endpoint>;

Endpoint realm(RealmId id) { return {.kind = Endpoint::Kind::kRealm, .realm = id}; }
Endpoint mapping(std::size_t index) {
  const Mapping& of = kMappings[index];
  return {.kind = Endpoint::Kind::kMapping, .realm = of.realm, .prefix = of.real, .name = of.name};
}
Endpoint prefix(RealmId id, Ipv4Prefix of) {
  return {.kind = Endpoint::Kind::kPrefix, .realm = id, .prefix = of};
}

std::vector<Side> all_sides() {
  return {{realm(0)},
          {mapping(0)},
          {prefix(0, {address(0, 1), 32})},
          {prefix(0, {address(0, 0), 16})},
          {mapping(2)},
          {mapping(1), realm(1)}};
}

std::vector<AllowRule> all_rules() {
  struct Kind {
    std::vector<std::uint8_t> protocols;
    std::vector<PortRange> ports;
  };
  const std::vector<Kind> kinds = {{{}, {}},
                                   {{protocol::kTcp}, {{80, 81}}},
                                   {{}, {{81, 82}}},
                                   {{protocol::kTcp}, {}},
                                   {{protocol::kIcmp}, {}}};
  std::vector<AllowRule> rules;
  for (const Side& from : all_sides()) {
    for (const Side& to : all_sides()) {
      for (const Kind& kind : kinds) {
        for (const bool between : {false, true}) {
          rules.push_back({.name = "r",
                           .from = from,
                           .to = to,
                           .between = between,
                           .protocols = kind.protocols,
                           .ports = kind.ports});
        }
      }
    }
  }
  return rules;
}

std::vector<Flow> all_flows() {
  constexpr std::uint8_t kGre = 47;  // no rule names it
  std::vector<Flow> flows;
  constexpr std::array<std::pair<std::uint16_t, std::uint16_t>, 8> kPorts = {
      {{9, 79}, {9, 80}, {9, 81}, {9, 82}, {9, 83}, {80, 9}, {82, 9}, {81, 81}}};
  for (const auto& [source, destination] : kPorts) {
    for (const FlowRole role : {FlowRole::kEither, FlowRole::kOpens}) {
      flows.push_back({protocol::kTcp, role, false, source, destination});
    }
  }
  flows.push_back({protocol::kUdp, FlowRole::kEither, false, 9, 81});
  flows.push_back({protocol::kUdp, FlowRole::kEither, false, 81, 9});
  flows.push_back({protocol::kTcp, FlowRole::kEither, true, 0, 0});
  flows.push_back({protocol::kSctp, FlowRole::kOpens, false, 9, 81});
  flows.push_back({protocol::kIcmp, FlowRole::kAsks, false, 0, 0});
  flows.push_back({protocol::kIcmp, FlowRole::kAnswers, false, 0, 0});
  flows.push_back({kGre, FlowRole::kEither, false, 0, 0});
  return flows;
}

bool names(const Side& side, const Host& host) {
  return host.mapping && std::ranges::any_of(side, [&](const Endpoint& endpoint) {
           return endpoint.realm == host.realm &&
                  (endpoint.kind == Endpoint::Kind::kRealm || endpoint.prefix.contains(host.real));
         });
}

bool fits(const AllowRule& rule, const Flow& flow, std::uint16_t port) {
  const bool of_protocol = rule.protocols.empty() ||
                           std::ranges::find(rule.protocols, flow.protocol) != rule.protocols.end();
  return of_protocol &&
         (rule.ports.empty() ||
          (has_ports(flow.protocol) &&
           (flow.ports_unknown || (rule.ports[0].first <= port && port <= rule.ports[0].last))));
}

/// What one rule says of a packet.
enum class Says : std::uint8_t { kNothing, kOpenedByOtherSide, kAllows };

Says say(const AllowRule& rule, const Host& source, const Host& destination, const Flow& flow) {
  const auto one_way = [&](const Side& from, const Side& to) {
    if (names(from, source) && names(to, destination) && flow.role != FlowRole::kAnswers &&
        fits(rule, flow, flow.destination_port)) {
      return Says::kAllows;
    }
    if (!names(to, source) || !names(from, destination) || !fits(rule, flow, flow.source_port)) {
      return Says::kNothing;
    }
    return flow.role == FlowRole::kOpens  ? Says::kOpenedByOtherSide
           : flow.role == FlowRole::kAsks ? Says::kNothing
                                          : Says::kAllows;
  };
  const Says there = one_way(rule.from, rule.to);
  return rule.between ? std::max(there, one_way(rule.to, rule.from)) : there;
}

Policy::Group group_of(const CompiledPolicy& compiled, const Host& host) {
  return host.mapping ? compiled.group_of(*host.mapping, host.real) : Policy::unmapped(host.realm);
}

struct Expected {
  Verdict verdict;
  std::uint32_t rule = Policy::RuleOfGrant::kNone;

  friend bool operator==(const Expected&, const Expected&) = default;
};

/// Of the first rule that allows it, or else of the first that would if its side might open.
Expected expect(std::initializer_list<Says> rules) {
  const auto first = [&](Says wanted) {
    return static_cast<std::uint32_t>(std::ranges::find(rules, wanted) - rules.begin());
  };
  if (const std::uint32_t rule = first(Says::kAllows); rule != rules.size()) {
    return {Verdict::forward(), rule};
  }
  if (const std::uint32_t rule = first(Says::kOpenedByOtherSide); rule != rules.size()) {
    return {DropReason::kOpenedByOtherSide, rule};
  }
  return {DropReason::kNotAllowed};
}

/// What `rules`, if they are complete, say of a whole packet.
Expected in_short(const PairRules& rules, const Flow& flow) {
  const std::uint16_t port = rules.source_opens ? flow.destination_port : flow.source_port;
  if (rules.ports[0].distance(port) >= 0 && rules.ports[1].distance(port) >= 0) {
    return {DropReason::kNotAllowed};
  }
  const bool opens = !rules.source_opens && flow.role == FlowRole::kOpens;
  return {opens ? Verdict(DropReason::kOpenedByOtherSide) : Verdict::forward(), rules.rule};
}

class SmallWorld : public testing::Test {
 protected:
  SmallWorld() {
    for (std::size_t source = 0; source < kHosts.size(); ++source) {
      for (std::size_t destination = 0; destination < kReceivers; ++destination) {
        pairs_.emplace_back(source, destination);
      }
    }
    for (const AllowRule& rule : rules_) {
      std::vector<Says>& said = said_.emplace_back();
      for (const auto& [source, destination] : pairs_) {
        for (const Flow& flow : flows_) {
          said.push_back(say(rule, kHosts[source], kHosts[destination], flow));
        }
      }
    }
  }

  /// Counts what is judged otherwise than the rules say: said(packet) is what they say.
  template <typename Said>
  void compare(const CompiledPolicy& compiled, Said said) {
    std::size_t packet = 0;
    for (const auto& [source, destination] : pairs_) {
      const Policy::Group from = group_of(compiled, kHosts[source]);
      const Policy::Group to = group_of(compiled, kHosts[destination]);
      std::optional<PairRules> brief;
      std::uint8_t protocol = 0;
      for (const Flow& flow : flows_) {
        const Expected expected = said(packet++);
        const Policy::Judgement judgement = compiled.policy.judge(from, to, flow);
        wrong_ += Expected{judgement.verdict, judgement.rule.index} == expected ? 0U : 1U;
        if (!brief || protocol != flow.protocol) {
          protocol = flow.protocol;
          brief = compiled.policy.rules_of(from, to, protocol);
        }
        if (brief->complete && !flow.ports_unknown) {
          const Expected told = in_short(*brief, flow);
          const bool right = told.verdict == expected.verdict &&
                             (!told.verdict.is_forward() || told.rule == expected.rule);
          wrong_ += right ? 0U : 1U;
          told_in_short_ += told.verdict.is_forward() ? 1U : 0U;
        }
      }
    }
    ++policies_;
  }

  const std::vector<AllowRule> rules_ = all_rules();
  const std::vector<Flow> flows_ = all_flows();
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
  std::vector<std::vector<Says>> said_;  ///< by rule, pair and flow
  MappingTable table_{.mappings = kMappings, .rules = {.denies = true}};
  std::uint64_t policies_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t told_in_short_ = 0;
};

TEST_F(SmallWorld, EveryPolicyOfTwoRulesSaysWhatTheySay) {
  table_.rules.allow.resize(2);
  for (std::size_t a = 0; a < rules_.size(); ++a) {
    table_.rules.allow[0] = rules_[a];
    for (std::size_t b = 0; b < rules_.size(); ++b) {
      table_.rules.allow[1] = rules_[b];
      compare(*compile_policy(table_, kRealms), [&](std::size_t packet) {
        return expect({said_[a][packet], said_[b][packet]});
      });
    }
  }
  EXPECT_EQ(wrong_, 0U);
  EXPECT_GT(told_in_short_, policies_);
  std::printf("%llu policies\n", static_cast<unsigned long long>(policies_));
}

TEST_F(SmallWorld, EveryPolicyOfOneRuleSaysWhatItSaysAndOneOfNoneNothing) {
  compare(*compile_policy(table_, kRealms), [](std::size_t) { return expect({}); });
  for (std::size_t a = 0; a < rules_.size(); ++a) {
    table_.rules.allow = {rules_[a]};
    compare(*compile_policy(table_, kRealms),
            [&](std::size_t packet) { return expect({said_[a][packet]}); });
  }
  EXPECT_EQ(wrong_, 0U);
}

/// An unmapped sender is nobody's `from` of a rule, but a realm's limits are its limits (P6).
bool is_limited(const Side& side, const Host& host) {
  return side.empty() || names(side, host) ||
         (!host.mapping && std::ranges::any_of(side, [&](const Endpoint& endpoint) {
           return endpoint.kind == Endpoint::Kind::kRealm && endpoint.realm == host.realm;
         }));
}

TEST_F(SmallWorld, LimitsHoldForWhomTheyName) {
  std::vector<Side> sides = all_sides();
  sides.emplace_back();  // everybody
  std::vector<LimitRule> limits;
  for (const Side& from : sides) {
    for (const Side& to : sides) {
      limits.push_back({.name = "l", .from = from, .to = to, .packets_per_second = 1});
    }
  }
  table_.rules.limits.resize(2);
  for (const LimitRule& a : limits) {
    for (const LimitRule& b : limits) {
      table_.rules.limits = {a, b};
      const auto compiled = compile_policy(table_, kRealms);
      for (const auto& [source, destination] : pairs_) {
        std::vector<std::uint32_t> expected;
        for (std::uint32_t i = 0; i < 2; ++i) {
          if (is_limited(table_.rules.limits[i].from, kHosts[source]) &&
              is_limited(table_.rules.limits[i].to, kHosts[destination])) {
            expected.push_back(i);
          }
        }
        std::vector<std::uint32_t> visited;
        compiled->policy.for_each_limit(group_of(*compiled, kHosts[source]),
                                        group_of(*compiled, kHosts[destination]),
                                        [&](std::uint32_t limit) { visited.push_back(limit); });
        wrong_ += visited == expected ? 0U : 1U;
      }
    }
  }
  EXPECT_EQ(wrong_, 0U);
}

}  // namespace
}  // namespace natto
