#include "explain/explain.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "explain/described_packet.hpp"
#include "packet/protocol_names.hpp"
#include "support/packets.hpp"

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
  return {.mappings = {make("a-app", 0, "10.32.1.157", "10.33.1.145", 1),
                       make("b-offices", 1, "10.34.0.0/20", "10.50.0.0/20", 7),
                       make("a-twin", 0, "10.9.9.9", "10.33.1.146", 13),
                       make("b-twin", 1, "10.9.9.9", "10.33.1.147", 19)},
          .file = "/etc/natto/mappings.toml"};
}

DescribedPacket packet(std::string_view source, std::string_view destination) {
  return {.source = parse_ipv4_address(source).value(),
          .destination = parse_ipv4_address(destination).value()};
}

bool says(const Explanation& explanation, std::string_view text) {
  return std::ranges::any_of(explanation.steps, [text](const std::string& step) {
    return step.find(text) != std::string::npos;
  });
}

Explanation explain(const Config& config, const DescribedPacket& p, std::string_view realm = "") {
  const auto frame = frame_of(p);
  return explain(config, table(), realm_of(config, table(), realm, frame).value(), frame);
}

Explanation fate(const DescribedPacket& p) { return explain(two_arm(), p); }

TEST(Explain, FollowsAPacketThroughBothMappings) {
  const Explanation e = fate(packet("10.32.1.157", "10.50.3.7"));
  EXPECT_TRUE(e.verdict.is_forward());
  EXPECT_TRUE(says(e, "source 10.32.1.157: mapping a-app, line 1 of mappings.toml"));
  EXPECT_TRUE(says(e, "destination 10.50.3.7: mapping b-offices, line 7 of mappings.toml"));
  EXPECT_TRUE(says(e, "sent to company-b: 10.33.1.145 -> 10.34.3.7, TTL 63"));
}

TEST(Explain, NamesTheReasonOfADropAndWhatToDo) {
  DescribedPacket q = packet("10.32.9.9", "10.50.3.7");
  const Explanation e = explain(two_arm(), q, "company-a");
  EXPECT_EQ(e.verdict, Verdict(DropReason::kSourceNotMapped));
  EXPECT_TRUE(says(e, "source_not_mapped"));
  EXPECT_TRUE(says(e, "add a [[mapping]]"));
  EXPECT_TRUE(says(e, "ICMP type 3 code 13"));
}

TEST(Explain, R38_NamesAHairpinThatThePortDrops) {
  const DescribedPacket q = packet("10.32.1.157", "10.33.1.146");
  EXPECT_TRUE(fate(q).verdict.is_forward());
  Config config = two_arm();
  config.ports[0].hairpin = Hairpin::kDrop;
  const Explanation e = explain(config, q);
  EXPECT_EQ(e.verdict, Verdict(DropReason::kHairpinNotAllowed));
  EXPECT_TRUE(says(e, "destination 10.33.1.146: mapping a-twin"));
  EXPECT_TRUE(says(e, "dropped: hairpin_not_allowed"));
  EXPECT_TRUE(says(e, "ICMP type 3 code 13"));
}

TEST(Explain, KnowsTtlMtuAndFragments) {
  DescribedPacket q = packet("10.32.1.157", "10.50.3.7");
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

TEST(Explain, R15_NamesTheSmallestMtuOfBothDirections) {
  const std::string_view smallest = "smallest mtu on the way: 1400, towards company-b";
  const std::string_view larger =
      "larger packets leave in fragments, or with don't fragment are dropped";
  const Explanation there = fate(packet("10.32.1.157", "10.50.3.7"));
  EXPECT_TRUE(says(there, smallest));
  EXPECT_TRUE(says(there, larger));
  EXPECT_TRUE(says(there, ", and the sender is told 1400"));
  EXPECT_TRUE(says(fate(packet("10.34.3.7", "10.33.1.145")), smallest));
  Config config = two_arm();
  config.ports[0].mtu = 1400;
  config.icmp.errors_per_second = 0;
  DescribedPacket q = packet("10.32.1.157", "10.50.3.7");
  q.length = 9001;
  q.dont_fragment = true;
  const Explanation e = explain(config, q);
  EXPECT_TRUE(says(e, "smallest mtu on the way: 1400, in both directions"));
  EXPECT_TRUE(says(e, larger));
  EXPECT_FALSE(says(e, "is told"));
}

TEST(Explain, R41_TellsWhatBecomesOfTheMss) {
  test::Bytes l3 = test::make_tcp({.source = "10.32.1.157", .destination = "10.50.3.7"},
                                  {2, 4, 0x05, 0xb4, 'd', 'a', 't', 'a'});
  l3[32] = 6U << 4U;
  Config config = two_arm();
  const auto frame = test::frame_of(l3);
  EXPECT_FALSE(says(explain(config, table(), 0, frame), "MSS"));
  config.ports[0].tcp_mss_clamp = 65'535;
  EXPECT_TRUE(says(explain(config, table(), 0, frame),
                   "tcp_mss_clamp: the MSS that it announces is lowered to 1360"));
  DescribedPacket q = packet("10.32.1.157", "10.50.3.7");
  q.protocol = 6;
  EXPECT_TRUE(says(explain(config, q), "tcp_mss_clamp: it announces no MSS above 1360"));
  q.tcp_flags = parse_tcp_flags("A").value();
  EXPECT_FALSE(says(explain(config, q), "MSS"));
}

TEST(Explain, EveryProtocolThatPassesIsExplained) {
  DescribedPacket q = packet("10.32.1.157", "10.50.3.7");
  for (const std::string_view name :
       {"icmp", "tcp", "udp", "gre", "esp", "sctp", "udplite", "99"}) {
    q.protocol = parse_protocol(name).value();
    EXPECT_TRUE(fate(q).verdict.is_forward()) << name << ": " << fate(q).steps.back();
  }
  q.protocol = parse_protocol("ah").value();
  EXPECT_EQ(fate(q).verdict, Verdict(DropReason::kAuthenticationHeader));
}

TEST(Explain, KnowsItsOwnAddressAndImpostors) {
  DescribedPacket q = packet("10.32.1.157", "10.33.1.124");
  const Explanation e = fate(q);
  EXPECT_EQ(e.verdict, Verdict(DropReason::kOwnAddressNotAnswered));
  EXPECT_TRUE(says(e, "dropped: own_address_not_answered"));
  EXPECT_TRUE(says(e, "set kernel_interface on the port"));
  q.protocol = parse_protocol("icmp").value();
  EXPECT_EQ(fate(q).verdict, Verdict::to_own_address());
  EXPECT_TRUE(says(fate(q), "for natto itself, which answers echo requests"));
  Config open = two_arm();
  open.ports[0].source_not_mapped = SourceNotMapped::kPass;
  q = packet("10.33.1.147", "10.50.3.7");
  EXPECT_EQ(explain(open, q, "company-a").verdict, Verdict(DropReason::kSourceIsMappedAddress));
  q.source = parse_ipv4_address("10.99.0.1").value();
  const Explanation admitted = explain(open, q, "company-a");
  EXPECT_TRUE(admitted.verdict.is_forward());
  EXPECT_TRUE(says(admitted, "admits sources without a mapping"));
}

TEST(Explain, TellsWhatTheKernelGets) {
  Config config = two_arm();
  config.ports[0].kernel_interface = "natto0";
  DescribedPacket q = packet("10.32.1.157", "10.33.1.124");
  Explanation e = explain(config, q);
  EXPECT_EQ(e.verdict, Verdict::to_own_address());
  EXPECT_TRUE(says(e, "for the kernel: given to its interface natto0, up to 10000 packets a"));
  q.protocol = 1;
  e = explain(config, q);
  EXPECT_TRUE(says(e, "for natto itself, which answers echo requests"));
  q = packet("169.254.169.254", "10.33.1.124");
  EXPECT_EQ(explain(config, q, "company-a").verdict, Verdict::to_own_address());
  EXPECT_EQ(explain(two_arm(), q, "company-a").verdict, Verdict(DropReason::kSourceMartian));
}

TEST(Explain, AsksForTheRealmWhereItMustBeSaid) {
  const auto error = [](std::string_view source, std::string_view realm = "") {
    const auto frame = frame_of(packet(source, "10.50.3.7"));
    return realm_of(two_arm(), table(), realm, frame).error().message;
  };
  EXPECT_NE(error("10.9.9.9").find("several realms"), std::string::npos);
  EXPECT_NE(error("10.8.8.8").find("--realm (company-a, company-b)"), std::string::npos);
  EXPECT_NE(error("10.9.9.9", "company-c").find("no realm company-c"), std::string::npos);
}

TEST(Explain, R23_KnowsWhatThePortTakesOfRecordRoute) {
  auto frame = test::frame_of(test::make_udp(
      {.source = "10.32.1.157", .destination = "10.50.3.7", .options = {7, 7, 4, 0, 0, 0, 0, 0}},
      test::Bytes(8)));
  Config config = two_arm();
  EXPECT_EQ(explain(config, table(), 0, frame).verdict, Verdict(DropReason::kIpRecordRoute));
  config.ports[0].record_route = RecordRoute::kPass;
  EXPECT_TRUE(explain(config, table(), 0, frame).verdict.is_forward());
}

TEST(Explain, R32_FollowsAnIcmpErrorAndWhatItQuotes) {
  const test::Bytes quoted =
      test::make_udp({.source = "10.50.3.7", .destination = "10.32.1.157"}, test::Bytes(8));
  const auto frame = test::frame_of(
      test::make_icmp_error({.source = "10.32.0.1", .destination = "10.50.3.7"}, 11, quoted));
  Config config = two_arm();
  const Explanation e = explain(config, table(), 0, frame);
  EXPECT_TRUE(e.verdict.is_forward());
  EXPECT_TRUE(says(e, "an ICMP error about a packet 10.50.3.7 -> 10.32.1.157"));
  EXPECT_TRUE(says(e, "the packet that it quotes becomes 10.34.3.7 -> 10.33.1.145"));
  EXPECT_TRUE(says(e, "source 10.32.0.1 has no mapping"));
  EXPECT_TRUE(says(e, "sent to company-b: 10.33.2.124 -> 10.34.3.7"));
  config.icmp.rules.outer_source = OuterSource::kDrop;
  EXPECT_EQ(explain(config, table(), 0, frame).verdict,
            Verdict(DropReason::kIcmpErrorSourceNotMapped));
  auto damaged = frame;
  damaged.back() ^= 1;
  EXPECT_EQ(explain(config, table(), 0, damaged).verdict, Verdict(DropReason::kIcmpChecksumBad));
}

TEST(Explain, TellsPortsAndFlags) {
  DescribedPacket q = packet("10.32.1.157", "10.50.3.7");
  q.protocol = 6;
  q.source_port = 40000;
  q.destination_port = 443;
  q.tcp_flags = parse_tcp_flags("SA").value();
  EXPECT_TRUE(says(fate(q), "from company-a: tcp, ports 40000 > 443, flags S., 100 bytes, TTL 64"));
  q.protocol = 1;
  q.icmp_type = 3;
  EXPECT_TRUE(says(fate(q), "from company-a: icmp, type 3 code 0, 100 bytes"));
}

}  // namespace
}  // namespace natto
