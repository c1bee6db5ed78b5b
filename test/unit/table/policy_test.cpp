// The rules of a mapping file: what is wrong with them, and what they allow. What they allow is
// compared with a reading of the rules one by one.

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "table/mapping_file.hpp"
#include "table/policy_compiler.hpp"
#include "table/policy_text.hpp"
#include "table/table_diff.hpp"
#include "table/table_digest.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::Folder;
using test::mapping;
using test::mapping_mistakes;
using test::two_realms;

/// Fifteen lines. Both realms have 10.9.0.1; only company-a has 10.9.8.0/24.
const std::string kMappings = mapping("a-app", "company-a", "10.9.0.1", "10.2.0.21") +
                              mapping("a-net", "company-a", "10.9.8.0/24", "10.60.8.0/24") +
                              mapping("b-orders", "company-b", "10.9.0.1", "10.1.0.31");
const std::string kDeny = "[policy]\ndefault = \"deny\"\n";

MappingTable load(const std::string& text) {
  const Folder folder;
  auto table = load_mappings(folder.write("mappings.toml", text), two_realms());
  EXPECT_TRUE(table) << table.error().message;
  return table ? *table : MappingTable{};
}

std::string rule(const std::string& keys) {
  return kMappings + "[[allow]]\nname = \"r\"\n" + keys;  // keys begin in line 18
}

std::string warnings(const std::string& text) {
  const Folder folder;
  const auto table = load_mappings(folder.write("mappings.toml", text), two_realms());
  EXPECT_TRUE(table) << table.error().message;
  std::string own;
  for (const std::string& warning : table->warnings) {
    if (warning.find("rule") != std::string::npos || warning.find("allow") != std::string::npos) {
      own += warning + "\n";
    }
  }
  return folder.without_path(own);
}

TEST(PolicyFile, NamesEveryErrorAtItsPlace) {
  const std::string both = "from = \"a-app\"\nto = \"b-orders\"\n";
  EXPECT_EQ(mapping_mistakes(rule("from = \"a-ap\"\nto = [\"b-orders\", \"zzzzzzzz\"]\n")),
            "mappings.toml:18:8: no mapping is called \"a-ap\"; did you mean \"a-app\"?\n"
            "mappings.toml:19:19: no mapping is called \"zzzzzzzz\"");
  EXPECT_EQ(mapping_mistakes(rule("from = \"realm:company-c\"\nto = \"x:10.9.0.1\"\n")),
            "mappings.toml:18:8: unknown realm \"company-c\"; did you mean \"company-a\"?\n"
            "mappings.toml:19:6: unknown realm \"x\"; there is company-a, company-b");
  EXPECT_EQ(mapping_mistakes(rule("from = \"10.9.0.1\"\nto = \"company-b:10.9.8.0/28\"\n")),
            "mappings.toml:18:8: 10.9.0.1 is ambiguous; write \"company-a:10.9.0.1\" or "
            "\"company-b:10.9.0.1\"\n"
            "mappings.toml:19:6: no mapping of realm \"company-b\" has a real address in "
            "10.9.8.0/28");
  EXPECT_EQ(mapping_mistakes(rule("from = \"10.99.0.0/16\"\nto = \"10.9.8.1/24\"\n")).substr(0, 69),
            "mappings.toml:18:8: no mapping has a real address in 10.99.0.0/16\nmap");
  EXPECT_EQ(mapping_mistakes(rule("from = \"a-app\"\n")),
            "mappings.toml:16:1: [[allow]] needs \"to\", or \"between\" in place of both");
  EXPECT_EQ(
      mapping_mistakes(rule("between = [\"a-app\", \"a-net\", \"b-orders\"]\nto = \"a-app\"\n")),
      "mappings.toml:18:11: between has 3 sides; it must have two\n"
      "mappings.toml:19:6: to beside between: between stands in its place");
  EXPECT_EQ(mapping_mistakes(rule(both + "protocol = [\"icmp\", \"tcp\"]\nports = 443\n")),
            "mappings.toml:21:9: ports: icmp has none; give it a rule of its own");
  EXPECT_EQ(
      mapping_mistakes(rule(both + "ports = [65536, \"80-79\", \"x\", -1]\n")),
      "mappings.toml:20:10: ports has \"65536\"; write a port from 0 to 65535, or a range as "
      "\"8000-8099\"\n"
      "mappings.toml:20:17: ports has \"80-79\", which ends before it begins; write \"79-80\"\n"
      "mappings.toml:20:26: ports has \"x\"; write a port from 0 to 65535, or a range as "
      "\"8000-8099\"\n"
      "mappings.toml:20:31: ports has \"-1\"; write a port from 0 to 65535, or a range as "
      "\"8000-8099\"");
  EXPECT_EQ(
      mapping_mistakes(rule(both + "protocol = [\"tpc\", 256]\n")),
      "mappings.toml:20:13: unknown protocol \"tpc\"; write a name (tcp, udp, icmp, gre, esp, "
      "sctp, udplite, dccp) or a number from 0 to 255\n"
      "mappings.toml:20:20: unknown protocol \"256\"; write a name (tcp, udp, icmp, gre, esp, "
      "sctp, udplite, dccp) or a number from 0 to 255");
  EXPECT_EQ(
      mapping_mistakes(rule("from = []\nto = \"a-app\"\n")),
      "mappings.toml:18:8: from is empty: nothing fits it; leave it out if everything should");
  EXPECT_EQ(mapping_mistakes(rule("from = \"a-app\"\nto = \"company-a:10.9.0.1\"\n")),
            "mappings.toml:16:1: the rule allows nothing: both sides are the same host");
  EXPECT_EQ(mapping_mistakes(rule(both + "[[allow]]\nname = \"r\"\n" + both)),
            "mappings.toml:21:8: name \"r\" is already taken (mappings.toml:16); choose another");
  EXPECT_EQ(mapping_mistakes(kMappings + "[[limit]]\nname = \"all of it\"\nburst_ms = 0\n"),
            "mappings.toml:16:1: [[limit]] needs \"from\" or \"to\", or both\n"
            "mappings.toml:16:1: [[limit]] needs \"packets_per_second\" or \"bits_per_second\", or "
            "both\n"
            "mappings.toml:18:12: burst_ms is 0; allowed: 1 to 10000");
  EXPECT_EQ(mapping_mistakes(rule("from = 5\nto = [\"a-app\", 5]\n")),
            "mappings.toml:18:8: from must be a string or an array of strings, not the integer 5; "
            "put it in quotes\n"
            "mappings.toml:19:16: to must be a string or an array of strings, not the integer 5; "
            "put it in quotes");
}

TEST(PolicyFile, WarnsOfWhatIsHardlyMeant) {
  const std::string both = "from = \"a-app\"\nto = \"b-orders\"\n";
  EXPECT_EQ(warnings(rule(both)),
            "mappings.toml:16:1: warning: [[allow]] changes nothing while [policy] default is "
            "\"allow\"; set it to \"deny\"\n");
  EXPECT_EQ(warnings(kDeny + rule(both)),
            "mappings.toml:8:1: warning: no rule names mapping \"a-net\", and [policy] denies the "
            "rest: it talks to nobody\n");
  const std::string all =
      "[[allow]]\nname = \"all\"\nfrom = \"realm:company-a\"\nto = "
      "\"realm:company-b\"\n";
  EXPECT_EQ(warnings(kDeny + rule(both + "protocol = \"tcp\"\nports = 443\n" + all)),
            "mappings.toml:18:1: warning: rule \"r\" is needless: \"all\" allows all of it\n");
  EXPECT_EQ(warnings(kDeny + rule(both + "protocol = \"tcp\"\n" + all + "protocol = \"udp\"\n")),
            "");
  const std::string twice = "[[allow]]\nname = \"r2\"\n" + both +
                            "[[allow]]\nname = \"n\"\nbetween "
                            "= [\"a-net\", \"b-orders\"]\n";
  EXPECT_EQ(warnings(kDeny + rule(both + twice)),
            "mappings.toml:22:1: warning: rule \"r2\" is needless: \"r\" allows all of it\n");
  EXPECT_EQ(warnings(kDeny + rule("between = [\"b-orders\", \"a-net\"]\n[[allow]]\nname = \"s\"\n"
                                  "from = \"a-app\"\nto = \"b-orders\"\n[[allow]]\nname = \"t\"\n"
                                  "from = \"10.9.8.16/28\"\nto = \"b-orders\"\nports = 80\n")),
            "mappings.toml:25:1: warning: rule \"t\" is needless: \"r\" allows all of it\n");
}

TEST(PolicyFile, IsWrittenAsItIsRead) {
  const std::string text =
      kDeny + "answer = \"drop\"\n" +
      rule(
          "from = [\"realm:company-a\", \"10.9.8.16/28\"]\nto = \"b-orders\"\nprotocol = [17, "
          "\"tcp\"]\nports = [\"8000-8099\", 443, \"444-500\"]\n[[allow]]\nname = \"e\"\nbetween = "
          "[\"a-app\", \"b-orders\"]\n[[limit]]\nname = \"b \\\\ \\\"all\\\"\"\nfrom = "
          "\"realm:company-b\"\nbits_per_second = 1_000_000\nburst_ms = 20\n");
  const MappingTable table = load(text);
  EXPECT_EQ(to_string(table.rules.allow[0], two_realms()),
            "company-a:10.9.8.16/28,realm:company-a -> b-orders: tcp,udp 443-500,8000-8099");
  EXPECT_EQ(to_string(table.rules.allow[1], two_realms()), "a-app <-> b-orders: every protocol");
  EXPECT_EQ(to_string(table.rules.limits[0], two_realms()),
            "realm:company-b -> everybody: 1000000 bit/s, burst 20 ms");
  const MappingTable again = load(mapping_file_text(table, two_realms(), "# kept\n"));
  EXPECT_EQ(policy_parts(again.rules, two_realms()), policy_parts(table.rules, two_realms()));
  EXPECT_EQ(table_digest(again, two_realms()), table_digest(table, two_realms()));
  EXPECT_EQ(again.rules.limits[0].name, "b \\ \"all\"");
}

TEST(PolicyFile, WhatItSaysIsInTheDigestAndInTheDifference) {
  const MappingTable none = load(kMappings);
  const MappingTable one = load(kDeny + rule("from = \"a-app\"\nto = \"b-orders\"\n"));
  const MappingTable other = load(kDeny + rule("from = \"a-app\"\nto = \"b-orders\"\nports = 1\n"));
  EXPECT_NE(table_digest(none, two_realms()), table_digest(one, two_realms()));
  EXPECT_NE(table_digest(one, two_realms()), table_digest(other, two_realms()));
  const auto difference = [](const MappingTable& before, const MappingTable& after) {
    return to_string(diff_tables(before, after, two_realms()), two_realms());
  };
  EXPECT_EQ(difference(none, one),
            "+ allow r: a-app -> b-orders: every protocol\n"
            "+ policy: deny, answered as prohibited\n");
  EXPECT_EQ(
      difference(one, other),
      "~ allow r: a-app -> b-orders: every protocol => a-app -> b-orders: every protocol 1\n");
  EXPECT_EQ(difference(other, none),
            "- allow r: a-app -> b-orders: every protocol 1\n"
            "- policy: deny, answered as prohibited\n");
}

TEST(Policy, NoneIsCompiledWhereEverythingIsAllowed) {
  EXPECT_EQ(load(kMappings).compiled, nullptr);
  EXPECT_EQ(load("[policy]\n" + kMappings).compiled, nullptr);
  EXPECT_NE(load(kDeny + kMappings).compiled, nullptr);
}

TEST(Policy, CutsAPrefixWhereARuleNamesAPartOfIt) {
  const MappingTable table =
      load(kDeny + rule("from = [\"10.9.8.16/28\", \"10.9.8.0/25\"]\nto = \"b-orders\"\n"));
  std::vector<std::string> pieces;
  for (const Piece& piece : table.compiled->pieces) {
    if (piece.mapping == 1) {
      pieces.push_back(to_string(piece.real));
    }
  }
  EXPECT_EQ(fmt::format("{}", fmt::join(pieces, " ")),
            "10.9.8.0/28 10.9.8.16/28 10.9.8.32/27 10.9.8.64/26 10.9.8.128/25");
}

/// Reads the rules one by one, as doc/policy.md tells them.
class PlainReading {
 public:
  struct Host {
    RealmId realm;
    Ipv4Address real;
  };

  explicit PlainReading(const MappingTable& table) : table_(table) {}

  [[nodiscard]] std::pair<Verdict, std::optional<std::size_t>> judge(const Host& source,
                                                                     const Host& destination,
                                                                     const Flow& flow) const {
    std::optional<std::size_t> opened;
    for (std::size_t i = 0; i < table_.rules.allow.size(); ++i) {
      const AllowRule& rule = table_.rules.allow[i];
      for (const bool turned : {false, true}) {
        if (turned && !rule.between) {
          continue;
        }
        const auto& from = turned ? rule.to : rule.from;
        const auto& to = turned ? rule.from : rule.to;
        if (names(from, source) && names(to, destination) && fits(rule, flow, true) &&
            flow.role != FlowRole::kAnswers) {
          return {Verdict::forward(), i};
        }
        if (names(to, source) && names(from, destination) && fits(rule, flow, false)) {
          if (flow.role == FlowRole::kEither || flow.role == FlowRole::kAnswers) {
            return {Verdict::forward(), i};
          }
          if (flow.role == FlowRole::kOpens && !opened) {
            opened = i;
          }
        }
      }
    }
    return {opened ? DropReason::kOpenedByOtherSide : DropReason::kNotAllowed, opened};
  }

 private:
  static bool names(const std::vector<Endpoint>& side, const Host& host) {
    return std::ranges::any_of(side, [&](const Endpoint& endpoint) {
      return endpoint.realm == host.realm && endpoint.prefix.contains(host.real);
    });
  }
  static bool fits(const AllowRule& rule, const Flow& flow, bool opens) {
    const bool with_ports = has_ports(flow.protocol);
    if (!rule.protocols.empty() &&
        std::ranges::find(rule.protocols, flow.protocol) == rule.protocols.end()) {
      return false;
    }
    if (rule.ports.empty()) {
      return true;
    }
    const std::uint16_t port = opens ? flow.destination_port : flow.source_port;
    return with_ports &&
           (flow.ports_unknown || std::ranges::any_of(rule.ports, [&](const PortRange& range) {
              return range.first <= port && port <= range.last;
            }));
  }

  const MappingTable& table_;
};

class RandomPolicy {
 public:
  explicit RandomPolicy(std::uint32_t seed) : random_(seed) {}

  [[nodiscard]] std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  [[nodiscard]] std::string file() {
    std::string text = kDeny;
    for (int i = 0; i < 4; ++i) {
      text += mapping(fmt::format("a{}", i), "company-a", fmt::format("10.9.0.{}", 10 + i),
                      fmt::format("10.60.0.{}", 10 + i));
      text += mapping(fmt::format("b{}", i), "company-b", fmt::format("10.9.0.{}", 10 + i),
                      fmt::format("10.61.0.{}", 10 + i));
    }
    text += mapping("anet", "company-a", "10.9.8.0/24", "10.60.8.0/24");
    text += mapping("bnet", "company-b", "10.9.8.0/26", "10.61.8.0/26");
    const std::size_t rules = 1 + below(12);
    for (std::size_t i = 0; i < rules; ++i) {
      text += fmt::format("[[allow]]\nname = \"r{}\"\n", i);
      text += below(3) == 0 ? fmt::format("between = [{}, {}]\n", side(0), side(1))
                            : fmt::format("from = {}\nto = {}\n", list(0), list(1));
      const bool with_ports = below(2) == 0;
      if (below(3) != 0) {
        text += fmt::format("protocol = {}\n", with_ports ? pick({"6", "[6, 17]", "132", "33"})
                                                          : pick({"1", "[1, 6]", "47", "17"}));
      }
      if (with_ports) {
        text += fmt::format("ports = {}\n", pick({"443", "[\"10-20\", 15, 443]", "\"0-65535\"",
                                                  "[\"15-443\"]", "[0, 65535]"}));
      }
    }
    return text;
  }

  [[nodiscard]] PlainReading::Host host(RealmId realm) {
    const bool of_net = below(2) == 0;
    return {realm, of_net ? Ipv4Address::of(10, 9, 8,
                                            static_cast<std::uint8_t>(below(realm == 0 ? 256 : 64)))
                          : Ipv4Address::of(10, 9, 0, static_cast<std::uint8_t>(10 + below(4)))};
  }

  [[nodiscard]] Flow flow() {
    constexpr std::array<std::uint8_t, 7> kProtocols = {1, 6, 17, 33, 47, 132, 136};
    constexpr std::array<std::uint16_t, 9> kPorts = {0, 9, 10, 15, 20, 21, 443, 444, 65535};
    Flow flow{.protocol = kProtocols[below(kProtocols.size())]};
    if (has_ports(flow.protocol)) {
      flow.ports_unknown = below(8) == 0;
      flow.source_port = kPorts[below(kPorts.size())];
      flow.destination_port = kPorts[below(kPorts.size())];
      flow.role = below(2) == 0 ? FlowRole::kOpens : FlowRole::kEither;
    } else if (flow.protocol == 1) {
      flow.role = std::array{FlowRole::kAsks, FlowRole::kAnswers, FlowRole::kEither}[below(3)];
    }
    return flow;
  }

 private:
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[below(choices.size())];
  }
  std::string side(std::size_t realm) {
    const char letter = realm == 0 ? 'a' : 'b';
    const std::string name = realm == 0 ? "company-a" : "company-b";
    switch (below(5)) {
      case 0:
        return fmt::format("\"realm:{}\"", name);
      case 1:
        return fmt::format("\"{}net\"", letter);
      case 2:
        return fmt::format("\"{}:10.9.8.{}/28\"", name, 16 * below(4));
      case 3:
        return fmt::format("\"{}:10.9.0.8/29\"", name);
      default:
        return fmt::format("\"{}{}\"", letter, below(4));
    }
  }
  /// Mostly of the realm, sometimes of the other: hairpins.
  std::string list(std::size_t realm) {
    std::string text = "[" + side(realm);
    for (std::size_t more = below(3); more > 0; --more) {
      text += ", " + side(below(6) == 0 ? 1 - realm : realm);
    }
    return text + "]";
  }

  std::mt19937 random_;
};

/// What `rules`, if they are complete, say of a whole packet.
Policy::Judgement in_short(const PairRules& rules, const Flow& flow) {
  const std::uint16_t port = rules.source_opens ? flow.destination_port : flow.source_port;
  const bool has_port = std::ranges::any_of(
      rules.ports, [port](const PortSpan& span) { return span.distance(port) < 0; });
  if (!has_port) {
    return {.verdict = DropReason::kNotAllowed};
  }
  const Policy::RuleOfGrant rule{.index = rules.rule & Policy::RuleOfGrant::kNone};
  const bool refused = !rules.source_opens && flow.role == FlowRole::kOpens;
  return {.verdict = refused ? Verdict(DropReason::kOpenedByOtherSide) : Verdict::forward(),
          .rule = rule,
          .there = rules.there};
}

TEST(Policy, P1_P2_P3_P4_P5_P6_AllowsWhatAReadingOfTheRulesAllows) {
  std::size_t allowed = 0;
  std::size_t opened = 0;
  std::size_t told_in_short = 0;
  for (std::uint32_t seed = 0; seed < 150; ++seed) {
    RandomPolicy random(seed);
    const MappingTable table = load(random.file());
    ASSERT_NE(table.compiled, nullptr);
    const PlainReading reading(table);
    const auto group = [&](const PlainReading::Host& host) {
      for (std::uint32_t i = 0; i < table.mappings.size(); ++i) {
        if (table.mappings[i].realm == host.realm && table.mappings[i].real.contains(host.real)) {
          return table.compiled->group_of(i, host.real);
        }
      }
      ADD_FAILURE() << "no mapping has " << to_string(host.real);
      return Policy::Group{0};
    };
    for (int i = 0; i < 1000; ++i) {
      const auto source = random.host(static_cast<RealmId>(random.below(2)));
      const auto destination = random.host(static_cast<RealmId>(random.below(2)));
      const Flow flow = random.flow();
      const auto [verdict, rule] = reading.judge(source, destination, flow);
      const auto judgement = table.compiled->policy.judge(group(source), group(destination), flow);
      ASSERT_EQ(judgement.verdict, verdict) << "table " << seed << ", packet " << i;
      const auto said =
          judgement.rule.exists() ? std::optional<std::size_t>(judgement.rule.index) : std::nullopt;
      ASSERT_EQ(said, rule) << "table " << seed << ", packet " << i;
      allowed += verdict.is_forward() ? 1U : 0U;
      opened += verdict == Verdict(DropReason::kOpenedByOtherSide) ? 1U : 0U;

      const PairRules rules =
          table.compiled->policy.rules_of(group(source), group(destination), flow.protocol);
      const bool opens_as_its_protocol_can =
          flow.protocol == protocol::kTcp || flow.role == FlowRole::kEither;
      if (rules.complete && !flow.ports_unknown && opens_as_its_protocol_can) {
        const Policy::Judgement brief = in_short(rules, flow);
        ASSERT_EQ(brief.verdict, verdict) << "table " << seed << ", packet " << i;
        ASSERT_EQ(brief.rule.index, judgement.rule.index) << "table " << seed << ", packet " << i;
        ASSERT_TRUE(!rule || brief.there == judgement.there)
            << "table " << seed << ", packet " << i;
        told_in_short += rule ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(allowed, 10'000U);
  EXPECT_GT(opened, 1'000U);
  EXPECT_GT(told_in_short, 5'000U);
}

TEST(Policy, P2_TellsInShortWhatOneRuleAllows) {
  const auto rules_of = [](const std::string& keys, std::uint8_t protocol) {
    const MappingTable table = load(kDeny + rule("from = \"a-app\"\nto = \"b-orders\"\n" + keys));
    const Ipv4Address host = Ipv4Address::of(10, 9, 0, 1);
    return table.compiled->policy.rules_of(table.compiled->group_of(0, host),
                                           table.compiled->group_of(2, host), protocol);
  };
  for (const char* told : {"", "protocol = \"tcp\"\n", "ports = [443, \"8000-8099\"]\n"}) {
    EXPECT_TRUE(rules_of(told, protocol::kTcp).complete) << told;
  }
  EXPECT_FALSE(rules_of("ports = [1, 3, 5]\n", protocol::kTcp).complete) << "three spans";
  EXPECT_FALSE(rules_of("", protocol::kIcmp).complete) << "who asks is not in the ports";
  EXPECT_FALSE(rules_of("", protocol::kSctp).complete) << "who opens is not in the ports";
  EXPECT_EQ(rules_of("ports = 443\n", 47).ports[0].count, 0U) << "no rule is for GRE";
  EXPECT_EQ(rules_of("[[allow]]\nname = \"s\"\nfrom = \"a-app\"\nto = \"b-orders\"\n"
                     "ports = 80\n",
                     protocol::kTcp)
                .complete,
            false)
      << "two rules";
}

TEST(Policy, P10_TellsInShortOfOneLimitAlone) {
  const std::string limit = "from = \"a-app\"\npackets_per_second = 1\n";
  const auto rules_with = [&](const std::string& limits) {
    const MappingTable table = load(kMappings + limits);
    const Ipv4Address host = Ipv4Address::of(10, 9, 0, 1);
    return table.compiled->policy.rules_of(table.compiled->group_of(0, host),
                                           table.compiled->group_of(2, host), protocol::kTcp);
  };
  const PairRules one = rules_with("[[limit]]\nname = \"l\"\n" + limit);
  EXPECT_TRUE(one.complete);
  EXPECT_EQ(one.limit, 0U);
  EXPECT_EQ(one.ports[0].count + one.ports[1].count, 65536);
  EXPECT_FALSE(rules_with("[[limit]]\nname = \"l\"\n" + limit + "[[limit]]\nname = \"m\"\n" + limit)
                   .complete);
}

TEST(Policy, P6_AnUnmappedSourceIsNobodysFromButIsLimited) {
  const MappingTable table =
      load(kDeny + rule("from = \"realm:company-a\"\nto = \"b-orders\"\n[[limit]]\nname = \"l\"\n"
                        "from = \"realm:company-a\"\npackets_per_second = 1\n"));
  const Policy& policy = table.compiled->policy;
  const Policy::Group orders = table.compiled->group_of(2, Ipv4Address::of(10, 9, 0, 1));
  EXPECT_EQ(policy.judge(Policy::unmapped(0), orders, {.protocol = 47}).verdict,
            Verdict(DropReason::kNotAllowed));
  const auto limits = [&](Policy::Group source) {
    int count = 0;
    policy.for_each_limit(source, orders, [&](std::uint32_t) { ++count; });
    return count;
  };
  EXPECT_EQ(limits(Policy::unmapped(0)), 1);
  EXPECT_EQ(limits(Policy::unmapped(1)), 0);
  EXPECT_EQ(limits(table.compiled->group_of(0, Ipv4Address::of(10, 9, 0, 1))), 1);
}

}  // namespace
}  // namespace natto
