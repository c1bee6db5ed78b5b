#include "control/control.hpp"

#include <gtest/gtest.h>

#include "eal/lab.hpp"
#include "packet/arp.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mapping;
using test::make_udp;
using enum DropReason;

constexpr MacAddress kHostMac{{2, 0, 0, 0, 0, 0x44}};
constexpr MacAddress kGatewayMac{{2, 0, 0, 0, 0, 0xfe}};

Ipv4Address address(const char* text) { return parse_ipv4_address(text).value(); }

Bytes arp(ArpOperation operation, const ArpParty& sender, const ArpParty& target) {
  const ArpFrame frame = make_arp({.operation = operation, .sender = sender, .target = target});
  return {frame.begin(), frame.end()};
}
Bytes request(const char* who_has, const char* tell = "10.1.1.10") {
  return arp(ArpOperation::kRequest, {kHostMac, address(tell)}, {MacAddress{}, address(who_has)});
}

/// The ARP messages among `frames`.
std::vector<ArpMessage> arp_of(const std::vector<Bytes>& frames) {
  std::vector<ArpMessage> messages;
  for (const Bytes& frame : frames) {
    if (const auto message = parse_arp(frame)) {
      messages.push_back(*message);
    }
  }
  return messages;
}

bool answers(Lab& lab, RealmId realm, const char* who_has) {
  lab.receive(realm, request(who_has));
  lab.run();
  const auto replies = arp_of(lab.sent(realm));
  if (replies.empty()) {
    return false;
  }
  EXPECT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].operation, ArpOperation::kReply);
  EXPECT_EQ(replies[0].sender.mac, lab.mac(realm));
  EXPECT_EQ(replies[0].sender.address, address(who_has));
  EXPECT_EQ(replies[0].target.mac, kHostMac);
  return true;
}

TEST(Control, R25_AnswersArpForItsOwnAndForWhatTheLinkExpects) {
  Lab lab;
  EXPECT_TRUE(answers(lab, kA, "10.1.0.1"));      // its own
  EXPECT_TRUE(answers(lab, kA, "172.30.7.20"));   // b, as a sees it
  EXPECT_TRUE(answers(lab, kB, "172.31.1.10"));   // a, as b sees it
  EXPECT_FALSE(answers(lab, kA, "172.31.1.10"));  // a's own mapped address, on a's link
  EXPECT_FALSE(answers(lab, kA, "192.168.0.1"));  // natto's address on the other link
  EXPECT_FALSE(answers(lab, kA, "10.1.1.11"));
  EXPECT_EQ(lab.counters().consumed, 3U);
  EXPECT_EQ(lab.counters().generated, 3U);
  EXPECT_EQ(lab.dropped(kArpNotForNatto), 3U);
}

TEST(Control, AStandbyAnswersArpForItsOwnAddressAlone) {
  Lab lab;
  lab.dataplane().role.give(Role::kStandby, "");
  EXPECT_TRUE(answers(lab, kA, "10.1.0.1"));
  EXPECT_FALSE(answers(lab, kA, "172.30.7.20"));
  EXPECT_FALSE(answers(lab, kB, "172.31.1.10"));
  // The other natto has these addresses now.
  lab.receive(kA, request("172.30.7.20", "172.30.7.20"));
  lab.run();
  EXPECT_EQ(lab.dropped(kArpSpoofsOwnAddress), 0U);
  lab.dataplane().role.give(Role::kActive, "");
  EXPECT_TRUE(answers(lab, kA, "172.30.7.20"));
}

TEST(Control, AStandbyTranslatesWhatReachesIt) {
  Lab lab;
  lab.dataplane().role.give(Role::kStandby, "");
  lab.receive(kA, frame_of(make_udp({}, {1})));
  lab.run();
  EXPECT_EQ(lab.sent(kB).size(), 1U);
  EXPECT_EQ(lab.counters().translated, 1U);
}

TEST(Control, AnnouncesWhatItAnswersForThreeTimes) {
  Lab lab;
  lab.control().announce(
      kA, {parse_ipv4_prefix("172.30.7.20").value(), parse_ipv4_prefix("172.31.1.10").value(),
           parse_ipv4_prefix("172.30.9.9").value()});
  for (const Instant now : {0ms, 500ms, 1000ms, 2000ms, 3000ms}) {
    lab.run(now);
  }
  EXPECT_EQ(lab.control().to_announce(), 0U);
  EXPECT_TRUE(lab.sent(kB).empty());
  const auto frames = lab.sent(kA);
  ASSERT_EQ(frames.size(), 3U) << "of the host of b; nobody else is mapped for a";
  for (const Bytes& frame : frames) {
    // RFC 5227 §3: an ARP request for one's own address, to everybody.
    Bytes expected = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 1, kA, 8,   6,  0, 1,
                      8,    0,    6,    4,    0,    1,    2, 0, 0, 0, 1, kA, 172, 30, 7, 20};
    expected.resize(38);
    expected.insert(expected.end(), {172, 30, 7, 20});
    EXPECT_EQ(Bytes(frame.begin(), frame.begin() + 42), expected);
  }
}

TEST(Control, AnnouncesNothingOnceItIsStandby) {
  Lab lab;
  lab.control().announce(kA, {parse_ipv4_prefix("172.30.7.20").value()});
  lab.run(0ms);
  EXPECT_EQ(lab.sent(kA).size(), 1U);
  lab.dataplane().role.give(Role::kStandby, "");
  lab.run(1000ms);
  EXPECT_TRUE(lab.sent(kA).empty());
}

TEST(Control, AnnouncementsLeaveRoomForOthers) {
  Lab lab({.mappings = {make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("b", kB, "192.168.0.0/20", "172.30.0.0/20")}});
  lab.control().announce(kA, {parse_ipv4_prefix("172.30.0.0/20").value()});
  const rte_ring* ring = lab.dataplane().rings.to_worker[kA].get();
  for (Instant now{0}; now < 1s; now += 10ms) {
    lab.control().step(now);  // nobody takes what it gives
  }
  EXPECT_GE(rte_ring_free_count(ring), rte_ring_get_capacity(ring) / 2);
  lab.run(1s);
}

TEST(Control, R25_NeverAnswersForARealHostOfTheLink) {
  Lab lab({.mappings = {make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("b", kB, "192.168.7.20", "10.1.1.10")}});
  EXPECT_FALSE(answers(lab, kA, "10.1.1.10"));
}

TEST(Control, H3_ArpOddities) {
  Lab lab;
  Bytes short_frame = request("10.1.0.1");
  short_frame.resize(41);
  lab.receive(kA, short_frame);
  lab.receive(kA, request("10.1.1.10", "10.1.1.10"));   // gratuitous
  lab.receive(kA, request("10.1.0.1", "10.1.0.1"));     // spoofs natto's own
  lab.receive(kA, request("10.1.0.9", "172.30.7.20"));  // spoofs what natto owns here
  lab.receive(kA, request("10.1.0.1", "0.0.0.0"));      // a probe is answered
  lab.run();
  EXPECT_EQ(lab.dropped(kArpMalformed), 1U);
  EXPECT_EQ(lab.dropped(kArpNotForNatto), 1U);
  EXPECT_EQ(lab.dropped(kArpSpoofsOwnAddress), 2U);
  EXPECT_EQ(arp_of(lab.sent(kA)).size(), 1U);
}

TEST(Control, R39_AnswersEchoToItsOwnAddressOnly) {
  Lab lab;
  lab.receive(kA, frame_of(test::make_icmp({.destination = "10.1.0.1"}, 8, Bytes(40, 3))));
  lab.receive(kA, frame_of(make_udp({.destination = "10.1.0.1"}, {})));
  lab.run();
  const auto sent = lab.sent(kA);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(test::same_bytes(
      test::make_icmp({.source = "10.1.0.1", .destination = "10.1.1.10", .ttl = 64}, 0,
                      Bytes(40, 3)),
      test::l3_of(sent[0])));
  EXPECT_EQ(lab.dropped(kOwnAddressNotAnswered), 1U);
  EXPECT_EQ(lab.counters().consumed, 1U);
}

TEST(Control, R39_EchoInManySegmentsAndWithPadding) {
  Lab lab;
  Bytes frame = frame_of(test::make_icmp({.destination = "10.1.0.1"}, 8, Bytes(10, 3)));
  const std::size_t length = frame.size();
  frame.resize(60);
  lab.receive(kA, test::make_mbuf(frame, {3, 17, 20}));
  lab.run();
  const auto sent = lab.sent(kA);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].size(), length);
}

/// Gateways that have to be resolved.
class Resolving : public testing::Test {
 protected:
  void gateway_answers(const MacAddress& mac) {
    lab_.receive(kB, arp(ArpOperation::kReply, {mac, address("192.168.0.254")},
                         {lab_.mac(kB), address("192.168.0.1")}));
  }

  Lab lab_{{.mappings = {test::make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                         test::make_mapping("far", kB, "192.0.2.20", "172.30.7.20"),
                         test::make_mapping("near", kB, "192.168.7.21", "172.30.7.21")},
            .static_next_hops = false}};
};

TEST_F(Resolving, R25_PacketsWaitForTheGateway) {
  for (std::uint8_t i = 0; i < 3; ++i) {
    lab_.receive(kA, frame_of(make_udp({}, {i})));
  }
  lab_.run(0ms);
  const auto requests = arp_of(lab_.sent(kB));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].target.address, address("192.168.0.254"));
  EXPECT_EQ(lab_.counters().translated, 0U);

  gateway_answers(kGatewayMac);
  lab_.run(1ms);
  const auto sent = lab_.sent(kB);
  ASSERT_EQ(sent.size(), 3U);
  for (std::uint8_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent[i].back(), i) << "order is kept";
    EXPECT_EQ(Bytes(sent[i].begin(), sent[i].begin() + 6),
              Bytes(kGatewayMac.bytes.begin(), kGatewayMac.bytes.end()));
  }
  EXPECT_EQ(lab_.counters().translated, 3U);

  gateway_answers(kHostMac);  // it moved
  lab_.run(2ms);
  lab_.receive(kA, frame_of(make_udp({}, {})));
  lab_.run(3ms);
  EXPECT_EQ(lab_.sent(kB).at(0)[5], kHostMac.bytes[5]);
}

TEST_F(Resolving, R25_HostsOnTheLinkAreAskedThemselves) {
  lab_.receive(kA, frame_of(make_udp({.destination = "172.30.7.21"}, {1})));
  lab_.run(0ms);
  std::vector<Ipv4Address> targets;
  for (const ArpMessage& message : arp_of(lab_.sent(kB))) {
    targets.push_back(message.target.address);
  }
  EXPECT_EQ(targets, (std::vector{address("192.168.0.254"), address("192.168.7.21")}));
  lab_.receive(kB, arp(ArpOperation::kReply, {kHostMac, address("192.168.7.21")},
                       {lab_.mac(kB), address("192.168.0.1")}));
  lab_.run(1ms);
  EXPECT_EQ(lab_.sent(kB).size(), 1U);
}

TEST_F(Resolving, R25_WaitingIsBoundedInNumberAndTime) {
  for (std::size_t i = 0; i < Control::kMaxWaiting + 10; ++i) {
    lab_.receive(kA, frame_of(make_udp({}, {})));
  }
  lab_.run(0ms);
  EXPECT_EQ(lab_.dropped(kNextHopUnresolved), 10U);
  lab_.run(Control::kMaxWait);
  EXPECT_EQ(lab_.dropped(kNextHopUnresolved), Control::kMaxWaiting + 10);
}

TEST_F(Resolving, R25_OneRequestASecondWhateverWaits) {
  std::size_t requests = 0;
  for (Instant now = 0ms; now < 5'000ms; now += 50ms) {
    lab_.receive(kA, frame_of(make_udp({}, {})));
    lab_.run(now);
    requests += arp_of(lab_.sent(kB)).size();
  }
  EXPECT_EQ(requests, 5U);
}

TEST_F(Resolving, H17_NobodyIsAskedThroughAPortOutOfUse) {
  lab_.run(0ms);
  gateway_answers(kGatewayMac);
  lab_.run(1ms);
  static_cast<void>(lab_.sent(kB));
  lab_.dataplane().ports_in_use.store(PortSet::first(2).without(kB));
  for (Instant now = 10'000ms; now < 120'000ms; now += 500ms) {
    lab_.run(now);
  }
  lab_.receive(kA, frame_of(make_udp({}, {})));
  lab_.run(120'000ms);
  EXPECT_EQ(lab_.dropped(kPortDown), 1U);
  EXPECT_TRUE(lab_.sent(kB).empty());

  lab_.dataplane().ports_in_use.store(PortSet::first(2));
  lab_.receive(kA, frame_of(make_udp({}, {})));
  lab_.run(120'001ms);
  const auto sent = lab_.sent(kB);
  ASSERT_EQ(sent.size(), 2U) << "the packet, to the gateway as it was known, and a request";
  EXPECT_EQ(sent[0][5], kGatewayMac.bytes[5]);
  EXPECT_EQ(arp_of(sent).size(), 1U);
}

TEST_F(Resolving, H17_PacketsThatWaitedForANextHopAreCountedIfThePortIsGoneMeanwhile) {
  lab_.receive(kA, frame_of(make_udp({}, {})));
  lab_.run(0ms);
  gateway_answers(kGatewayMac);
  lab_.pipeline().poll();  // the answer is with control, and then the port goes
  lab_.dataplane().ports_in_use.store(PortSet::first(2).without(kB));
  lab_.run(1ms);
  EXPECT_EQ(lab_.dropped(kPortDown), 1U);
}

TEST_F(Resolving, H17_NeighboursAreAskedAgainWhenTheLinkComesBack) {
  lab_.run(0ms);
  gateway_answers(kGatewayMac);
  lab_.run(1ms);
  static_cast<void>(lab_.sent(kB));
  lab_.run(5'000ms);
  EXPECT_TRUE(lab_.sent(kB).empty());
  lab_.control().link_came_back(kB);
  lab_.receive(kA, frame_of(make_udp({}, {})));
  lab_.run(5'001ms);
  const auto sent = lab_.sent(kB);
  EXPECT_EQ(arp_of(sent).size(), 1U);
  ASSERT_EQ(sent.size(), 2U) << "what is known stays in use";
  EXPECT_EQ(sent[0][5], kGatewayMac.bytes[5]);
  gateway_answers(kHostMac);  // another one answers now
  lab_.run(5'002ms);
  static_cast<void>(lab_.sent(kB));
  lab_.run(10'000ms);
  EXPECT_TRUE(lab_.sent(kB).empty()) << "it has answered";
}

TEST(Control, R25_AnArpFloodCostsForwardingNothing) {
  Lab lab;
  std::uint64_t translated = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 900; ++i) {
      lab.receive(kA, request("10.1.9.9"));
    }
    for (int i = 0; i < 100; ++i) {
      lab.receive(kB,
                  frame_of(make_udp({.source = "192.168.7.20", .destination = "172.31.1.10"}, {})));
    }
    while (lab.pipeline().poll() > 0) {  // control is slower than the flood
    }
    static_cast<void>(lab.control().step(Instant{round}));
    translated += 100;
    ASSERT_EQ(lab.sent(kA).size(), 100U);
    ASSERT_EQ(lab.counters().translated, translated);
  }
  EXPECT_GT(lab.dropped(kControlQueueFull), 0U);
}

TEST(Control, R25_OneStepTakesABoundedNumberOfEachKind) {
  Lab lab({.static_next_hops = false});
  const auto flood = [&lab](const Bytes& frame) {
    for (int i = 0; i < 300; ++i) {
      lab.receive(kA, frame);
    }
    while (lab.pipeline().poll() > 0) {
    }
  };
  flood(request("10.1.9.9"));
  EXPECT_EQ(lab.control().step(0ms), 256U);
  EXPECT_EQ(lab.control().step(0ms), 44U);
  flood(frame_of(make_udp({.destination = "10.1.0.1"}, {})));
  EXPECT_EQ(lab.control().step(0ms), 256U);
  EXPECT_EQ(lab.control().step(0ms), 44U);
  flood(frame_of(make_udp({}, {})));  // its next hop is unknown
  EXPECT_EQ(lab.control().step(0ms), 256U);
  EXPECT_EQ(lab.control().step(0ms), 44U);
  flood(frame_of(make_udp({.ttl = 1}, {})));  // its sender is told
  EXPECT_EQ(lab.control().step(0ms), 256U);
  EXPECT_EQ(lab.control().step(0ms), 44U);
}

TEST(Control, H16_ControlWithoutBuffersLosesOnlyItsOwnFrames) {
  Lab lab;
  lab.receive(kA, request("10.1.0.1"));
  lab.receive(kA, frame_of(make_udp({}, {})));
  std::vector<rte_mbuf*> hoard;
  while (rte_mbuf* mbuf = rte_pktmbuf_alloc(test::shared_pool())) {
    hoard.push_back(mbuf);
  }
  lab.run();
  rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
  EXPECT_EQ(lab.sent(kB).size(), 1U);
  EXPECT_TRUE(lab.sent(kA).empty());
}

}  // namespace
}  // namespace natto
