#include "explain/explain.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace natto {
namespace {

Mapping make(std::string name, RealmId realm, std::string_view real, std::string_view mapped,
             std::uint32_t line) {
  return {.name = std::move(name),
          .realm = realm,
          .real = parse_ipv4_prefix(real).value(),
          .mapped = parse_ipv4_prefix(mapped).value(),
          .line = line};
}

Config two_arm() {
  Config config;
  config.ports.resize(2);
  config.ports[0].realm = "company-a";
  config.ports[0].address = parse_ipv4_prefix("10.33.1.124/28").value();
  config.ports[1].realm = "company-b";
  config.ports[1].address = parse_ipv4_prefix("10.33.2.124/28").value();
  config.ports[1].mtu = 1400;
  config.table_file = "/etc/natto/mappings.toml";
  return config;
}

MappingTable table() {
  return {{make("a-app", 0, "10.32.1.157", "10.33.1.145", 1),
           make("b-offices", 1, "10.34.0.0/20", "10.50.0.0/20", 7),
           make("a-twin", 0, "10.9.9.9", "10.33.1.146", 13),
           make("b-twin", 1, "10.9.9.9", "10.33.1.147", 19)}};
}

ExplainQuery query(std::string_view source, std::string_view destination) {
  return {.source = parse_ipv4_address(source).value(),
          .destination = parse_ipv4_address(destination).value(),
          .realm = ""};
}

bool says(const Explanation& explanation, std::string_view text) {
  return std::ranges::any_of(explanation.steps, [text](const std::string& step) {
    return step.find(text) != std::string::npos;
  });
}

Explanation fate(const ExplainQuery& q) { return explain(two_arm(), table(), q).value(); }

TEST(Explain, FollowsAPacketThroughBothMappings) {
  const Explanation e = fate(query("10.32.1.157", "10.50.3.7"));
  EXPECT_TRUE(e.verdict.is_forward());
  EXPECT_TRUE(says(e, "source 10.32.1.157: mapping a-app, line 1 of mappings.toml"));
  EXPECT_TRUE(says(e, "destination 10.50.3.7: mapping b-offices, line 7 of mappings.toml"));
  EXPECT_TRUE(says(e, "sent to company-b: 10.33.1.145 -> 10.34.3.7, TTL 63"));
}

TEST(Explain, NamesTheReasonOfADropAndWhatToDo) {
  ExplainQuery q = query("10.32.9.9", "10.50.3.7");
  q.realm = "company-a";
  const Explanation e = fate(q);
  EXPECT_EQ(e.verdict, Verdict(DropReason::kSourceNotMapped));
  EXPECT_TRUE(says(e, "source_not_mapped"));
  EXPECT_TRUE(says(e, "add a [[mapping]]"));
  EXPECT_TRUE(says(e, "ICMP type 3 code 13"));
}

TEST(Explain, KnowsTtlMtuAndFragments) {
  ExplainQuery q = query("10.32.1.157", "10.50.3.7");
  q.ttl = 1;
  EXPECT_EQ(fate(q).verdict, Verdict(DropReason::kTtlExpired));
  q.ttl = 64;
  q.length = 1450;
  EXPECT_TRUE(says(fate(q), "in fragments of at most 1400 bytes"));
  q.dont_fragment = true;
  const Explanation e = fate(q);
  EXPECT_EQ(e.verdict, Verdict(DropReason::kExceedsMtu));
  EXPECT_TRUE(says(e, "ICMP type 3 code 4"));
}

TEST(Explain, EveryProtocolThatPassesIsExplained) {
  ExplainQuery q = query("10.32.1.157", "10.50.3.7");
  for (const std::string_view name :
       {"icmp", "tcp", "udp", "gre", "esp", "sctp", "udplite", "99"}) {
    q.protocol = parse_protocol(name).value();
    EXPECT_TRUE(fate(q).verdict.is_forward()) << name << ": " << fate(q).steps.back();
  }
  q.protocol = parse_protocol("ah").value();
  EXPECT_EQ(fate(q).verdict, Verdict(DropReason::kAuthenticationHeader));
}

TEST(Explain, KnowsItsOwnAddressAndImpostors) {
  ExplainQuery q = query("10.32.1.157", "10.33.1.124");
  const Explanation e = fate(q);
  EXPECT_EQ(e.verdict, Verdict(DropReason::kOwnAddressNotAnswered));
  EXPECT_TRUE(says(e, "dropped: own_address_not_answered"));
  EXPECT_TRUE(says(e, "set kernel_interface on the port"));
  q.protocol = parse_protocol("icmp").value();
  EXPECT_EQ(fate(q).verdict, Verdict::to_own_address());
  EXPECT_TRUE(says(fate(q), "for natto itself, which answers echo requests"));
  Config open = two_arm();
  open.ports[0].source_not_mapped = SourceNotMapped::kPass;
  q = query("10.33.1.147", "10.50.3.7");
  q.realm = "company-a";
  EXPECT_EQ(explain(open, table(), q).value().verdict, Verdict(DropReason::kSourceIsMappedAddress));
  q.source = parse_ipv4_address("10.99.0.1").value();
  EXPECT_TRUE(explain(open, table(), q).value().verdict.is_forward());
}

TEST(Explain, TellsWhatTheKernelGets) {
  Config config = two_arm();
  config.ports[0].kernel_interface = "natto0";
  ExplainQuery q = query("10.32.1.157", "10.33.1.124");
  Explanation e = explain(config, table(), q).value();
  EXPECT_EQ(e.verdict, Verdict::to_own_address());
  EXPECT_TRUE(says(e, "for the kernel: given to its interface natto0, up to 10000 packets a"));
  q.protocol = 1;
  e = explain(config, table(), q).value();
  EXPECT_TRUE(says(e, "for natto itself, which answers echo requests"));
  q = query("169.254.169.254", "10.33.1.124");
  q.realm = "company-a";
  EXPECT_EQ(explain(config, table(), q).value().verdict, Verdict::to_own_address());
  EXPECT_EQ(explain(two_arm(), table(), q).value().verdict, Verdict(DropReason::kSourceMartian));
}

TEST(Explain, AsksForTheRealmWhereItMustBeSaid) {
  EXPECT_NE(explain(two_arm(), table(), query("10.9.9.9", "10.50.3.7"))
                .error()
                .message.find("several realms"),
            std::string::npos);
  EXPECT_NE(explain(two_arm(), table(), query("10.8.8.8", "10.50.3.7"))
                .error()
                .message.find("--realm (company-a, company-b)"),
            std::string::npos);
  ExplainQuery q = query("10.9.9.9", "10.50.3.7");
  q.realm = "company-c";
  EXPECT_NE(explain(two_arm(), table(), q).error().message.find("no realm company-c"),
            std::string::npos);
}

TEST(Explain, QueriesSurviveTheWayThroughText) {
  ExplainQuery q = query("10.32.1.157", "10.50.3.7");
  q.realm = "company-a";
  q.protocol = 6;
  q.length = 9001;
  q.ttl = 3;
  q.dont_fragment = true;
  EXPECT_EQ(to_string(q), "company-a,10.32.1.157,10.50.3.7,6,9001,3,1");
  EXPECT_EQ(to_string(parse_explain_query(to_string(q)).value()), to_string(q));
  for (const char* wrong : {"", "a,b,c,d,e,f,g", ",10.0.0.1,10.0.0.2,6,100,64", ",1,2,3,4,5,6,7",
                            ",10.0.0.1,10.0.0.2,256,100,64,0", ",10.0.0.1,10.0.0.2,6,70000,64,0"}) {
    EXPECT_FALSE(parse_explain_query(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace natto
