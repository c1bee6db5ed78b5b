// The policy on the packet path: what is refused, answered, counted and limited.

#include "dataplane/policy_gate.hpp"

#include <gtest/gtest.h>

#include "eal/lab.hpp"
#include "packet/wire.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_tcp;
using test::make_udp;

const std::vector<Mapping> kHosts = Lab::Options().mappings;

/// From a to b, and only TCP to port 443.
PolicyRules web_only(bool answers) {
  PolicyRules rules{.denies = true, .answers = answers};
  rules.allow = {{.name = "web",
                  .from = {test::endpoint_of(kHosts[0])},
                  .to = {test::endpoint_of(kHosts[1])},
                  .protocols = {protocol::kTcp},
                  .ports = {{443, 443}}}};
  return rules;
}

const Bytes kAllowed = frame_of(make_tcp({}, Bytes(10)));
const Bytes kRefused = frame_of(make_udp({}, Bytes(10)));

TEST(PolicyGate, P8_WhoIsRefusedIsToldOnBothPaths) {
  Lab lab({.rules = web_only(/*answers=*/true)});
  for (const char* path : {"slow", "fast"}) {
    lab.receive(kA, kAllowed);
    lab.receive(kA, kRefused);
    lab.run();
    EXPECT_EQ(lab.sent(kB).size(), 1U) << path;
    const std::vector<Bytes> told = lab.sent(kA);
    ASSERT_EQ(told.size(), 1U) << path;
    const Bytes l3 = test::l3_of(told[0]);
    EXPECT_EQ(l3[20], 3) << path;
    EXPECT_EQ(l3[21], 13) << path;
    const Bytes quoted(l3.begin() + 28, l3.end());
    EXPECT_EQ(quoted, test::l3_of(kRefused)) << path << ": as it came";
  }
  EXPECT_EQ(lab.dropped(DropReason::kNotAllowed), 2U);
}

TEST(PolicyGate, P8_NobodyIsToldWhereThePolicyOnlyDrops) {
  Lab lab({.rules = web_only(/*answers=*/false)});
  for (int i = 0; i < 3; ++i) {
    lab.receive(kA, kAllowed);
    lab.receive(kA, kRefused);
    lab.run();
  }
  EXPECT_EQ(lab.sent(kB).size(), 3U);
  EXPECT_TRUE(lab.sent(kA).empty());
  EXPECT_EQ(lab.dropped(DropReason::kNotAllowed), 3U);
}

TEST(PolicyGate, P3_P8_RefusedOpeningsAreCountedByRule) {
  Lab lab({.rules = web_only(/*answers=*/false)});
  Bytes l3 = make_tcp({.source = "192.168.7.20", .destination = "172.31.1.10"}, {});
  test::write16(l3, 20, 443);
  test::write16(l3, 22, 40'000);
  const auto with_flags = [&l3](std::uint8_t flags) {
    Bytes of = l3;
    of[20 + 13] = flags;
    test::write16(of, 20 + 16, 0);
    test::write16(of, 20 + 16, test::reference_transport_checksum(of, 16));
    return frame_of(of);
  };
  for (int i = 0; i < 2; ++i) {
    lab.receive(kB, with_flags(0x02));  // SYN
    lab.receive(kB, with_flags(0x12));  // SYN and ACK
    lab.receive(kB, with_flags(0x04));  // RST
    lab.run();
  }
  EXPECT_EQ(lab.sent(kA).size(), 4U);
  EXPECT_EQ(lab.dropped(DropReason::kOpenedByOtherSide), 2U);
  const RuleCounters& counters = lab.dataplane().table.read().rule_counters(0)[0];
  EXPECT_EQ(counters.refused_openings.value(), 2U);
  EXPECT_EQ(counters.back.packets.value(), 4U);
  EXPECT_EQ(counters.back.bytes.value(), 4U * 40);
  EXPECT_EQ(counters.there.packets.value(), 0U);
}

TEST(PolicyGate, P2_APacketThatEndsBeforeItsPortsNeedsARuleForItsProtocol) {
  constexpr std::uint8_t kGre = 47;
  constexpr std::uint8_t kEsp = 50;
  PolicyRules rules = web_only(/*answers=*/false);
  rules.allow.push_back({.name = "gre",
                         .from = {test::endpoint_of(kHosts[0])},
                         .to = {test::endpoint_of(kHosts[1])},
                         .protocols = {kGre}});
  Lab lab({.rules = rules});
  for (int i = 0; i < 3; ++i) {
    for (const std::uint8_t protocol : {kGre, kEsp}) {
      Bytes frame = frame_of(test::make_packet({.protocol = protocol}));
      frame.resize(60, 0xff);  // as Ethernet pads it
      lab.receive(kA, frame);
    }
    lab.run();
  }
  EXPECT_EQ(lab.sent(kB).size(), 3U);
  EXPECT_EQ(lab.dropped(DropReason::kNotAllowed), 3U);
}

TEST(PolicyGate, P9_WhatNattoAnswersItselfNeedsNoRule) {
  Lab lab({.rules = web_only(/*answers=*/true)});
  lab.receive(kA, frame_of(test::make_icmp({.destination = "10.1.0.1"}, 8, Bytes(40, 3))));
  lab.receive(kA, frame_of(make_tcp({.ttl = 1}, {})));
  lab.run();
  EXPECT_EQ(lab.sent(kA).size(), 2U) << "an echo reply, and Time Exceeded";
  EXPECT_EQ(lab.counters().generated, 2U);
}

TEST(PolicyGate, P10_WorkersShareALimit) {
  PolicyRules rules;
  rules.limits = {{.name = "a",
                   .from = {test::endpoint_of(kHosts[0])},
                   .packets_per_second = 1,
                   .burst_ms = 10'000}};
  Lab lab({.rules = rules, .workers = 2});
  for (int i = 0; i < 20; ++i) {
    lab.receive(kA, test::make_mbuf(kAllowed), static_cast<std::size_t>(i % 2));
    lab.run();
  }
  const std::uint64_t passed = lab.sent(kB).size();
  EXPECT_GE(passed, 10U);
  EXPECT_LE(passed, 12U) << "the burst, and what the test's own time brings";
  EXPECT_EQ(lab.dropped(DropReason::kOverLimit), 20 - passed);
  lab.receive(kB, frame_of(make_tcp({.source = "192.168.7.20", .destination = "172.31.1.10"}, {})));
  lab.run();
  EXPECT_EQ(lab.sent(kA).size(), 1U) << "the other way has no limit";
}

}  // namespace
}  // namespace natto
