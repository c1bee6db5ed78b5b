#include "packet/decision.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace natto {
namespace {

using enum DropReason;

constexpr Ipv4Address kHost = Ipv4Address::of(10, 1, 1, 10);
constexpr Ipv4Address kHostMapped = Ipv4Address::of(172, 31, 1, 10);
constexpr Ipv4Address kPeer = Ipv4Address::of(192, 168, 7, 20);
constexpr Ipv4Address kPeerMapped = Ipv4Address::of(172, 30, 7, 20);
constexpr Ipv4Address kRouter = Ipv4Address::of(10, 1, 0, 254);

Translation from_to(Ipv4Address from, Ipv4Address to, RealmId realm) {
  return Translation::of({from, 32}, {to, 32}, realm, realm);
}

/// A packet from the host, whose realm is 0, to its peer in realm 1.
struct Case {
  ParsedPacket packet{.source = kHost,
                      .destination = kPeerMapped,
                      .real_key = kHost,
                      .mapped_key = kPeerMapped,
                      .ip_header_length = 20,
                      .total_length = 100,
                      .ttl = 64,
                      .protocol = 17,
                      .dont_fragment = false,
                      .later_fragment = false,
                      .transport = {},
                      .quoted = {}};
  Found found{.known = {.source = true, .destination = true},
              .source = from_to(kHost, kHostMapped, 0),
              .destination = from_to(kPeerMapped, kPeer, 1),
              .source_is_mapped = false,
              .reporter_known = false,
              .reporter = {}};
  PortRules in{.address = {Ipv4Address::of(10, 1, 0, 1), 16}};
  PortRules out{.address = {Ipv4Address::of(192, 168, 0, 1), 16}};
  IcmpRules icmp;

  [[nodiscard]] Decision decide() const { return natto::decide(packet, found, in, out, icmp); }
  [[nodiscard]] Verdict verdict() const { return decide().verdict; }
};

/// The host, or a router, says of a packet from the peer that it did not arrive.
Case icmp_error(Ipv4Address reporter) {
  Case c;
  c.packet.source = reporter;
  c.packet.quoted.ip_offset = 42;
  return c;
}

TEST(Decide, R1_BothAddressesAreReplaced) {
  const Decision decision = Case().decide();
  EXPECT_TRUE(decision.verdict.is_forward());
  EXPECT_EQ(decision.addresses.source, kHostMapped);
  EXPECT_EQ(decision.addresses.destination, kPeer);
}

TEST(Decide, R24_AnUnmappedSourcePassesOnlyWhereThePortAdmitsIt) {
  Case c;
  c.found.known.source = false;
  EXPECT_EQ(c.verdict(), kSourceNotMapped);
  c.in.admits_unmapped_sources = true;
  EXPECT_TRUE(c.verdict().is_forward());
  EXPECT_EQ(c.decide().addresses.source, kHost) << "it keeps its address";
  c.found.source_is_mapped = true;
  EXPECT_EQ(c.verdict(), kSourceIsMappedAddress);
  c.found.known.destination = false;
  EXPECT_EQ(c.verdict(), kSourceNotMapped);
}

TEST(Decide, R38_AHairpinStopsWhereThePortDropsThem) {
  Case c;
  c.found.destination.realm = 0;
  EXPECT_TRUE(c.verdict().is_forward());
  c.in.closed_realm = 0;
  EXPECT_EQ(c.verdict(), kHairpinNotAllowed);
  c.packet.ttl = 1;
  EXPECT_EQ(c.verdict(), kHairpinNotAllowed) << "whatever else is wrong with it";
  c.found.known.source = false;
  EXPECT_EQ(c.verdict(), kSourceNotMapped);
  c.in.admits_unmapped_sources = true;
  EXPECT_EQ(c.verdict(), kHairpinNotAllowed) << "an unmapped sender is of the realm too";
  c.found.destination.realm = 1;
  c.packet.ttl = 64;
  EXPECT_TRUE(c.verdict().is_forward());
}

TEST(Decide, R14_R15_R22_TheRulesOfThePortItLeavesBy) {
  Case c;
  c.packet.total_length = 1501;
  EXPECT_TRUE(c.verdict().is_forward()) << "in fragments";
  c.packet.dont_fragment = true;
  EXPECT_EQ(c.verdict(), kExceedsMtu);
  c.packet.ttl = 1;
  EXPECT_EQ(c.verdict(), kTtlExpired) << "before the MTU";
  c.found.destination = from_to(kPeerMapped, Ipv4Address::of(192, 168, 255, 255), 1);
  EXPECT_EQ(c.verdict(), kDestinationBroadcast);
}

TEST(Decide, R32_TheSourceOfAnErrorBecomesWhatTheConfigSays) {
  Case c = icmp_error(kRouter);
  EXPECT_EQ(c.decide().addresses.source, c.out.address.address);
  c.icmp.outer_source = OuterSource::kMappedDestination;
  EXPECT_EQ(c.decide().addresses.source, kHostMapped);
  c.icmp.outer_source = OuterSource::kDrop;
  EXPECT_EQ(c.verdict(), kIcmpErrorSourceNotMapped);
  c = icmp_error(kHost);
  c.icmp.outer_source = OuterSource::kDrop;
  c.found.reporter_known = true;
  c.found.reporter = c.found.source;
  EXPECT_EQ(c.decide().addresses.source, kHostMapped) << "a host with a mapping";
}

TEST(Decide, R31_WhatAnErrorQuotesIsTranslatedTheOtherWayRound) {
  const Decision decision = icmp_error(kRouter).decide();
  EXPECT_EQ(decision.quoted.source, kPeer);
  EXPECT_EQ(decision.quoted.destination, kHostMapped);
  EXPECT_EQ(decision.addresses.destination, kPeer);
}

TEST(Decide, R26_R27_DamageOfAnErrorAndOfWhatItQuotes) {
  Case c = icmp_error(kRouter);
  c.packet.quoted.checksum_bad = true;
  EXPECT_TRUE(c.verdict().is_forward());
  EXPECT_TRUE(c.decide().quoted_checksum_bad);
  c.icmp.inner_checksum_bad = InnerChecksumBad::kDrop;
  EXPECT_EQ(c.verdict(), kIcmpInnerChecksumBad);
  EXPECT_TRUE(c.decide().quoted_checksum_bad);
  c.packet.quoted.icmp_checksum_bad = true;
  EXPECT_EQ(c.verdict(), kIcmpChecksumBad);
  EXPECT_FALSE(c.decide().quoted_checksum_bad) << "who knows what it quoted";
}

TEST(Decide, R21_NobodyReportsFromAnInvalidOrNattosOwnAddress) {
  EXPECT_EQ(icmp_error(Ipv4Address::of(127, 0, 0, 1)).verdict(), kSourceMartian);
  EXPECT_EQ(icmp_error(Ipv4Address::of(10, 1, 0, 1)).verdict(), kSourceIsOwnAddress);
}

TEST(Decide, AnObserverHearsTheStepsInOrder) {
  using enum DecisionStep;
  std::vector<DecisionStep> steps;
  const auto observe = [&steps](DecisionStep step) { steps.push_back(step); };
  Case c = icmp_error(kRouter);
  c.found.known.source = false;
  c.in.admits_unmapped_sources = true;
  static_cast<void>(decide(c.packet, c.found, c.in, c.out, c.icmp, AllowAll{}, observe));
  EXPECT_EQ(steps, std::vector{kIcmpErrorIntact}) << "about a host that nobody knows";
  steps.clear();
  c.packet.quoted = {};
  static_cast<void>(decide(c.packet, c.found, c.in, c.out, c.icmp, AllowAll{}, observe));
  EXPECT_EQ(steps, (std::vector{kUnmappedSourceAdmitted, kAdmitted}));
}

/// Knows one mapping, and how often it was asked.
struct CountingTable {
  mutable int asked = 0;
  [[nodiscard]] std::optional<Translation> find_real(RealmId realm, Ipv4Address address) const {
    ++asked;
    return realm == 0 && address == kHost ? std::optional(from_to(kHost, kHostMapped, 0))
                                          : std::nullopt;
  }
  [[nodiscard]] std::optional<Translation> find_mapped(Ipv4Address address) const {
    ++asked;
    return address == kHostMapped ? std::optional(from_to(kHostMapped, kHost, 0)) : std::nullopt;
  }
};

TEST(LookUpRest, AsksTheTableOnlyWhatThePacketNeeds) {
  CountingTable table;
  Case c;
  look_up_rest(c.packet, 0, c.in, table, c.found);
  EXPECT_EQ(table.asked, 0);
  c = icmp_error(kHost);
  look_up_rest(c.packet, 0, c.in, table, c.found);
  EXPECT_TRUE(c.found.reporter_known);
  EXPECT_EQ(c.found.reporter.apply(kHost).address, kHostMapped);
  c.packet.quoted = {};
  c.packet.source = kHostMapped;
  c.found.known.source = false;
  look_up_rest(c.packet, 0, c.in, table, c.found);
  EXPECT_FALSE(c.found.source_is_mapped) << "refused whatever it is";
  c.in.admits_unmapped_sources = true;
  look_up_rest(c.packet, 0, c.in, table, c.found);
  EXPECT_TRUE(c.found.source_is_mapped);
}

}  // namespace
}  // namespace natto
