#include "dataplane/pipeline.hpp"

#include <gtest/gtest.h>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::from_hex;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mapping;
using test::make_mbuf;
using test::make_tcp;
using test::make_udp;
using test::PacketSpec;
using enum DropReason;

/// From host a to host b, and what of it arrives there: addresses, TTL and checksums by the book.
Bytes a_to_b(const Bytes& data = Bytes(32, 0x5a)) { return make_udp({}, data); }
Bytes a_to_b_translated(const Bytes& data = Bytes(32, 0x5a)) {
  return make_udp({.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 63}, data);
}

Bytes framed(const MacAddress& destination, const MacAddress& source, const Bytes& l3) {
  Bytes frame(destination.bytes.begin(), destination.bytes.end());
  frame.insert(frame.end(), source.bytes.begin(), source.bytes.end());
  frame.insert(frame.end(), {0x08, 0x00});
  frame.insert(frame.end(), l3.begin(), l3.end());
  return frame;
}

void expect_sent(Lab& lab, RealmId realm, const std::vector<Bytes>& packets) {
  const MacAddress& next_hop = realm == kA ? test::kNextHopA : test::kNextHopB;
  const std::vector<Bytes> sent = lab.sent(realm);
  ASSERT_EQ(sent.size(), packets.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_TRUE(test::same_bytes(framed(next_hop, lab.mac(realm), packets[i]), sent[i])) << i;
  }
}

TEST(Pipeline, R1_TranslatesBothAddressesInBothDirections) {
  Lab lab;
  lab.receive(kA, frame_of(make_tcp({}, Bytes(10))));
  lab.receive(
      kB, frame_of(make_tcp({.source = "192.168.7.20", .destination = "172.31.1.10"}, Bytes(11))));
  lab.run();
  expect_sent(
      lab, kB,
      {make_tcp({.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 63}, Bytes(10))});
  expect_sent(
      lab, kA,
      {make_tcp({.source = "172.30.7.20", .destination = "10.1.1.10", .ttl = 63}, Bytes(11))});
  EXPECT_EQ(lab.counters().translated, 2U);
}

TEST(Pipeline, WorkersCountTheirBurstsAndWhatTheFastPathDoesNotTake) {
  Lab lab;
  const WorkerActivity& activity = lab.dataplane().activity[0];
  for (int i = 0; i < 3; ++i) {
    lab.receive(kA, frame_of(a_to_b()));
  }
  lab.run();
  EXPECT_EQ(activity.bursts[2].value(), 1U) << "of three packets";
  EXPECT_EQ(activity.slow_path.value(), 3U) << "the cache was empty";
  EXPECT_EQ(activity.looked_up.value(), 6U);
  lab.receive(kA, frame_of(a_to_b()));
  lab.run();
  EXPECT_EQ(activity.bursts[0].value(), 1U);
  EXPECT_EQ(activity.slow_path.value(), 3U) << "the fast path took it";
  lab.receive(kA, frame_of(make_udp({.options = Bytes(4, 1)}, Bytes(8))));
  lab.run();
  EXPECT_EQ(activity.slow_path.value(), 4U) << "it has IPv4 options";
  EXPECT_EQ(activity.looked_up.value(), 6U) << "whose addresses the cache holds";
}

/// With a SYN that announces `mss`, in an odd place.
Bytes syn(const PacketSpec& spec, std::uint16_t mss) {
  Bytes l3 = make_tcp(spec, {1, 2, 4, 0, 0, 1, 1, 0, 'd', 'a', 't', 'a'});
  const std::size_t header = 20 + spec.options.size();
  l3[header + 12] = 7U << 4U;
  test::write16(l3, header + 23, mss);
  test::write16(l3, header + 16, test::reference_transport_checksum(l3, 16));
  return l3;
}

TEST(Pipeline, R41_TheMssIsClampedBothWaysWhereverBuffersAreCut) {
  Lab::Options options;
  options.mtu = 1400;
  options.tcp_mss_clamp = 65'535;
  Lab lab(options);
  for (const Bytes& ip_options : {Bytes{}, Bytes(40, 1)}) {
    const Bytes from_a = frame_of(syn({.options = ip_options}, 1460));
    const Bytes at_b = syn(
        {.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 63, .options = ip_options},
        1360);
    const Bytes from_b = frame_of(
        syn({.source = "192.168.7.20", .destination = "172.31.1.10", .options = ip_options}, 8961));
    const Bytes at_a =
        syn({.source = "172.30.7.20", .destination = "10.1.1.10", .ttl = 63, .options = ip_options},
            1360);
    for (std::size_t cut = 1; cut < from_a.size(); ++cut) {
      lab.receive(kA, make_mbuf(from_a, {cut}));
      lab.receive(kB, make_mbuf(from_b, {cut}));
    }
    lab.run();
    expect_sent(lab, kB, std::vector(from_a.size() - 1, at_b));
    expect_sent(lab, kA, std::vector(from_b.size() - 1, at_a));
  }
}

TEST(Pipeline, R3_AHalfMadeChecksumIsCountedOnceABurstAndThePacketSentOn) {
  const Bytes right = frame_of(a_to_b());
  Bytes l3 = a_to_b();
  std::uint32_t sum = l3[9] + static_cast<std::uint32_t>(l3.size() - 20);
  for (std::size_t i = 12; i < 20; i += 2) {
    sum += test::read16(l3, i);
  }
  test::write16(l3, 26, static_cast<std::uint16_t>((sum & 0xffff) + (sum >> 16)));
  const Bytes half_made = frame_of(l3);
  Lab lab;
  const auto counted_of = [&lab](const std::vector<Bytes>& burst) {
    const std::uint64_t before = lab.counters().checksum_half_made;
    for (const Bytes& frame : burst) {
      lab.receive(kA, frame);
    }
    lab.run();
    EXPECT_EQ(lab.sent(kB).size(), burst.size());
    return lab.counters().checksum_half_made - before;
  };
  EXPECT_EQ(counted_of({right, right}), 0U);
  EXPECT_EQ(counted_of({half_made}), 1U);
  EXPECT_EQ(counted_of({half_made, half_made, right}), 1U);
  EXPECT_EQ(counted_of({right, half_made}), 0U);
}

TEST(Pipeline, R1_RealAddressesOfTwoRealmsMayBeTheSame) {
  Lab lab({.mappings = {make_mapping("a", kA, "10.0.0.10", "172.31.1.10"),
                        make_mapping("b", kB, "10.0.0.10", "172.30.7.20")}});
  lab.receive(kA, frame_of(make_udp({.source = "10.0.0.10", .destination = "172.30.7.20"}, {1})));
  lab.receive(kB, frame_of(make_udp({.source = "10.0.0.10", .destination = "172.31.1.10"}, {2})));
  lab.run();
  expect_sent(lab, kB,
              {make_udp({.source = "172.31.1.10", .destination = "10.0.0.10", .ttl = 63}, {1})});
  expect_sent(lab, kA,
              {make_udp({.source = "172.30.7.20", .destination = "10.0.0.10", .ttl = 63}, {2})});
}

TEST(Pipeline, R38_HairpinWithinOneRealm) {
  Lab lab({.mappings = {make_mapping("one", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("two", kA, "10.1.1.11", "172.31.1.11")}});
  lab.receive(kA, frame_of(make_udp({.source = "10.1.1.10", .destination = "172.31.1.11"}, {9})));
  lab.run();
  expect_sent(lab, kA,
              {make_udp({.source = "172.31.1.10", .destination = "10.1.1.11", .ttl = 63}, {9})});
}

TEST(Pipeline, R38_HairpinsAreDroppedWhereThePortSaysSo) {
  Lab lab({.mappings = {make_mapping("one", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("two", kA, "10.1.1.11", "172.31.1.11"),
                        make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")},
           .hairpin = Hairpin::kDrop});
  for (int i = 0; i < 3; ++i) {  // the first by the slow path; the cache then has both addresses
    lab.receive(kB,
                frame_of(make_udp({.source = "192.168.7.20", .destination = "172.31.1.11"}, {1})));
    lab.receive(kA, frame_of(make_udp({.source = "10.1.1.10", .destination = "172.31.1.11"}, {2})));
    lab.receive(kA, frame_of(make_udp({.source = "10.1.1.10", .destination = "172.30.7.20"}, {3})));
    lab.run();
    expect_sent(
        lab, kB,
        {make_udp({.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 63}, {3})});
  }
  EXPECT_EQ(lab.dropped(kHairpinNotAllowed), 3U);
  EXPECT_EQ(lab.counters().translated, 6U);
  EXPECT_EQ(lab.counters().generated, 3U) << "each sender is told";
}

TEST(Pipeline, R8_R24_UnmappedPacketsStop) {
  Lab lab;
  lab.receive(kA, frame_of(make_udp({.source = "10.1.1.99"}, {})));
  lab.receive(kA, frame_of(make_udp({.destination = "172.30.7.99"}, {})));
  lab.receive(kB, frame_of(make_udp({.source = "172.30.7.20", .destination = "172.31.1.10"}, {})));
  lab.run();
  EXPECT_EQ(lab.dropped(kSourceNotMapped), 2U);
  EXPECT_EQ(lab.dropped(kDestinationNotMapped), 1U);
}

TEST(Pipeline, R24_PassTranslatesTheDestinationAlone) {
  Lab lab({.source_not_mapped = SourceNotMapped::kPass});
  lab.receive(kA, frame_of(make_udp({.source = "10.1.1.99"}, {7})));
  // H11: nobody may pose as a mapped host, as natto, or from nowhere.
  lab.receive(kA, frame_of(make_udp({.source = "172.31.1.10"}, {})));
  lab.receive(kA, frame_of(make_udp({.source = "172.30.7.21"}, {8})));
  lab.receive(kA, frame_of(make_udp({.source = "10.1.0.1"}, {})));
  lab.receive(kA, frame_of(make_udp({.source = "127.0.0.1"}, {})));
  lab.receive(kA, frame_of(make_udp({.source = "172.30.7.20"}, {})));
  lab.run();
  expect_sent(lab, kB,
              {make_udp({.source = "10.1.1.99", .destination = "192.168.7.20", .ttl = 63}, {7}),
               make_udp({.source = "172.30.7.21", .destination = "192.168.7.20", .ttl = 63}, {8})});
  EXPECT_EQ(lab.dropped(kSourceIsMappedAddress), 1U);
  EXPECT_EQ(lab.dropped(kSourceIsOwnAddress), 1U);
  EXPECT_EQ(lab.dropped(kSourceMartian), 1U);
  EXPECT_EQ(lab.dropped(kSourceIsDestination), 1U);
}

TEST(Pipeline, R14_H12_TtlEndsHere) {
  Lab lab;
  for (const std::uint8_t ttl : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
    lab.receive(kA, frame_of(make_udp({.ttl = ttl}, {})));
  }
  lab.run();
  expect_sent(lab, kB,
              {make_udp({.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 1}, {})});
  EXPECT_EQ(lab.dropped(kTtlExpired), 2U);
}

TEST(Pipeline, R9_R10_R11_WhatTheHeaderSaysElseIsKept) {
  Lab lab;
  std::vector<Bytes> expected;
  for (const std::uint16_t flags :
       std::initializer_list<std::uint16_t>{0x0000, 0x4000, 0x8000, 0xc000}) {
    PacketSpec spec{.tos = 0xb9, .identification = 0xbeef, .fragment = flags};
    lab.receive(kA, frame_of(make_udp(spec, {1})));
    spec.source = "172.31.1.10";
    spec.destination = "192.168.7.20";
    spec.ttl = 63;
    expected.push_back(make_udp(spec, {1}));
  }
  lab.run();
  expect_sent(lab, kB, expected);
}

TEST(Pipeline, R17_H10_FragmentsInAnyOrderAndOverlapping) {
  Lab lab;
  std::vector<Bytes> expected;
  for (const std::uint16_t field :
       std::initializer_list<std::uint16_t>{0x0004, 0x2002, 0x2001, 0x2002, 0x2003}) {
    PacketSpec spec{.fragment = field, .payload = Bytes(16, 0xaa)};
    lab.receive(kA, frame_of(test::make_packet(spec)));
    spec.source = "172.31.1.10";
    spec.destination = "192.168.7.20";
    spec.ttl = 63;
    expected.push_back(test::make_packet(spec));
  }
  lab.run();
  expect_sent(lab, kB, expected);
}

TEST(Pipeline, H11_LandStopsEvenWhenBothAddressesAreMapped) {
  Lab lab({.mappings = {make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("b", kB, "192.168.7.20", "10.1.1.10")}});
  lab.receive(kA, frame_of(make_udp({.source = "10.1.1.10", .destination = "10.1.1.10"}, {})));
  lab.run();
  EXPECT_EQ(lab.dropped(kSourceIsDestination), 1U);
}

TEST(Pipeline, H11_LandStopsWhenBothAddressesAreRemembered) {
  Lab lab({.mappings = {make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("b", kB, "192.168.7.20", "10.1.1.10")}});
  for (std::uint64_t packet = 1; packet <= 3; ++packet) {
    lab.receive(kA, frame_of(make_udp({.source = "10.1.1.10", .destination = "10.1.1.10"}, {})));
    lab.run();
    EXPECT_EQ(lab.dropped(kSourceIsDestination), packet);
  }
}

TEST(Pipeline, R22_DirectedBroadcastsStopWhenTheyAreRemembered) {
  // The broadcast address of a's link, where it would come from, and of b's, where it would go.
  Lab lab({.mappings = {make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("from", kB, "192.168.100.0/24", "10.1.255.0/24"),
                        make_mapping("to", kB, "192.168.255.0/24", "172.30.255.0/24")}});
  for (std::uint64_t packet = 1; packet <= 3; ++packet) {
    lab.receive(kA, frame_of(make_udp({.destination = "10.1.255.255"}, {})));
    lab.run();
    EXPECT_EQ(lab.dropped(kDestinationBroadcast), 2 * packet - 1);
    lab.receive(kA, frame_of(make_udp({.destination = "172.30.255.255"}, {})));
    lab.run();
    EXPECT_EQ(lab.dropped(kDestinationBroadcast), 2 * packet);
    lab.receive(kA, frame_of(make_udp({.destination = "172.30.255.254"}, {})));
    lab.run();
    EXPECT_EQ(lab.sent(kB).size(), 1U);
  }
}

TEST(Pipeline, R22_DirectedBroadcastInsideAPrefixStops) {
  // 192.168.255.255 is the broadcast address of b's link, 10.1.255.255 of a's.
  Lab lab({.mappings = {make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("b", kB, "192.168.255.0/24", "10.1.255.0/24"),
                        make_mapping("c", kB, "192.168.7.255", "172.30.255.7")}});
  lab.receive(kA, frame_of(make_udp({.destination = "10.1.255.255"}, {})));
  lab.receive(kA, frame_of(make_udp({.destination = "10.1.255.254"}, {})));
  lab.receive(kA, frame_of(make_udp({.destination = "172.30.255.7"}, {})));
  lab.run();
  EXPECT_EQ(lab.dropped(kDestinationBroadcast), 1U);
  EXPECT_EQ(lab.sent(kB).size(), 2U);
}

TEST(Pipeline, LargerThanTheOutgoingMtuStops) {
  Lab lab({.mtu = 100});
  lab.receive(kA, frame_of(make_udp({}, Bytes(72))));
  lab.receive(kA, frame_of(make_udp({}, Bytes(73))));
  lab.run();
  EXPECT_EQ(lab.sent(kB).size(), 1U);
  EXPECT_EQ(lab.dropped(kExceedsMtu), 1U);
}

TEST(Pipeline, H5_PaddingIsCutOff) {
  Lab lab;
  for (std::size_t padding = 1; padding <= 26; ++padding) {
    Bytes frame = frame_of(a_to_b());
    frame.insert(frame.end(), padding, 0xee);
    lab.receive(kA, frame);
  }
  lab.run();
  expect_sent(lab, kB, std::vector<Bytes>(26, a_to_b_translated()));
}

TEST(Pipeline, H14_SplitAtEveryOffset) {
  const Bytes options(40, 1);
  const std::pair<Bytes, Bytes> packets[] = {
      {a_to_b(Bytes(200, 1)), a_to_b_translated(Bytes(200, 1))},
      {make_tcp({.options = options}, Bytes(100, 2)),
       make_tcp(
           {.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 63, .options = options},
           Bytes(100, 2))},
  };
  for (const auto& [before, after] : packets) {
    for (std::size_t cut = 1; cut <= 128; ++cut) {
      Lab lab;
      lab.receive(kA, make_mbuf(frame_of(before), {cut}));
      lab.run();
      expect_sent(lab, kB, {after});
    }
  }
}

TEST(Pipeline, H14_OddSegments) {
  const Bytes frame = frame_of(a_to_b());
  const std::vector<std::size_t> shapes[] = {
      std::vector<std::size_t>(frame.size(), 1),  // one-byte segments
      {0, frame.size()},                          // an empty head
      {10, 0, 20},                                // an empty middle
      {frame.size(), 0},                          // an empty tail
      {14, 20, 8},                                // at the headers' ends
  };
  for (const auto& shape : shapes) {
    Lab lab;
    lab.receive(kA, make_mbuf(frame, shape));
    lab.run();
    expect_sent(lab, kB, {a_to_b_translated()});
  }
}

TEST(Pipeline, H5_H14_PaddingInItsOwnSegments) {
  Bytes frame = frame_of(a_to_b());
  const std::size_t length = frame.size();
  frame.insert(frame.end(), 30, 0xee);
  for (const std::vector<std::size_t>& shape :
       {std::vector<std::size_t>{length, 10, 10}, {length - 5, 10}, {20, length - 20, 1}}) {
    Lab lab;
    lab.receive(kA, make_mbuf(frame, shape));
    lab.run();
    expect_sent(lab, kB, {a_to_b_translated()});
  }
}

TEST(Pipeline, H14_SharedPacketsAreLeftAsTheyAre) {
  Lab lab;
  const Bytes frame = frame_of(a_to_b());
  // A second reference to the same buffer, and an indirect buffer that shows its bytes.
  rte_mbuf* referenced = make_mbuf(frame);
  rte_mbuf_refcnt_update(referenced, 1);
  lab.receive(kA, referenced);
  rte_mbuf* original = make_mbuf(frame, {30});
  rte_mbuf* clone = rte_pktmbuf_clone(original, test::shared_pool());
  ASSERT_NE(clone, nullptr);
  lab.receive(kA, clone);
  lab.run();
  expect_sent(lab, kB, {a_to_b_translated(), a_to_b_translated()});
  EXPECT_TRUE(test::same_bytes(frame, test::take_bytes(referenced)));
  EXPECT_TRUE(test::same_bytes(frame, test::take_bytes(original)));
}

TEST(Pipeline, H15_AMalformedPacketAtEveryPositionOfABurst) {
  const Bytes bad = frame_of(make_udp({.ttl = 1}, {}));
  for (std::size_t size = 1; size <= 64; ++size) {
    for (std::size_t position = 0; position < size; ++position) {
      Lab lab;
      std::vector<Bytes> expected;
      for (std::size_t i = 0; i < size; ++i) {
        const Bytes data = {static_cast<std::uint8_t>(i)};
        lab.receive(kA, i == position ? bad : frame_of(a_to_b(data)));
        if (i != position) {
          expected.push_back(a_to_b_translated(data));
        }
      }
      lab.run();
      expect_sent(lab, kB, expected);
      ASSERT_EQ(lab.dropped(kTtlExpired), 1U);
    }
  }
}

TEST(Pipeline, H16_AFullTransmitRingIsCounted) {
  Lab lab({.tx_capacity = 7});
  for (int i = 0; i < 20; ++i) {
    lab.receive(kA, frame_of(a_to_b()));
    lab.receive(kB,
                frame_of(make_udp({.source = "192.168.7.20", .destination = "172.31.1.10"}, {})));
  }
  lab.run();
  EXPECT_EQ(lab.sent(kA).size(), 7U);
  EXPECT_EQ(lab.sent(kB).size(), 7U);
  EXPECT_EQ(lab.dropped(kTxRingFull), 26U);
  lab.receive(kA, frame_of(a_to_b()));
  lab.run();
  expect_sent(lab, kB, {a_to_b_translated()});
}

void set_in_use(Lab& lab, PortSet ports) { lab.dataplane().ports_in_use.store(ports); }

TEST(Pipeline, H17_APortOutOfUseIsNotTouched) {
  Lab lab;
  const PortSet both = PortSet::first(2);
  const Bytes b_to_a = make_udp({.source = "192.168.7.20", .destination = "172.31.1.10"}, {});
  for (const bool flow_is_known : {false, true}) {
    SCOPED_TRACE(flow_is_known);
    const std::uint64_t dropped = lab.dropped(kPortDown);
    set_in_use(lab, both.without(kB));
    lab.receive(kA, frame_of(a_to_b()));
    lab.receive(kB, frame_of(b_to_a));
    lab.run();
    EXPECT_EQ(lab.dropped(kPortDown), dropped + 1);
    EXPECT_TRUE(lab.sent(kB).empty());
    EXPECT_TRUE(lab.sent(kA).empty()) << "it was received from";

    set_in_use(lab, both);
    lab.receive(kA, frame_of(a_to_b()));
    lab.run();
    expect_sent(lab, kB, {a_to_b_translated()});
    EXPECT_EQ(lab.sent(kA).size(), 1U) << "what came meanwhile is received now";
  }
}

TEST(Pipeline, H17_FragmentsForAPortOutOfUseAreOneDroppedPacket) {
  Lab lab({.mtu = 580});
  set_in_use(lab, PortSet::first(2).without(kB));
  lab.receive(kA, frame_of(make_udp({.fragment = 0}, Bytes(1000))));
  lab.run();
  EXPECT_EQ(lab.dropped(kPortDown), 1U);
  EXPECT_EQ(lab.counters().fragments, 0U);
  EXPECT_TRUE(lab.sent(kB).empty());
}

TEST(Pipeline, H17_ABurstOfPacketsForSeveralPortsLosesOnlyThoseForTheOneOutOfUse) {
  Lab lab({.mappings = {make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("a2", kA, "10.1.1.11", "172.31.1.11"),
                        make_mapping("b", kB, "192.168.7.20", "172.30.7.20")}});
  set_in_use(lab, PortSet::first(2).without(kB));
  for (int i = 0; i < 8; ++i) {
    lab.receive(kA, frame_of(a_to_b()));
    lab.receive(kA, frame_of(make_udp({.destination = "172.31.1.11"}, {})));
  }
  lab.run();
  EXPECT_EQ(lab.dropped(kPortDown), 8U);
  EXPECT_EQ(lab.sent(kA).size(), 8U);
  EXPECT_TRUE(lab.sent(kB).empty());
}

TEST(Pipeline, H16_AnEmptyMempoolStopsOnlyWhatNeedsACopy) {
  Lab lab;
  rte_mbuf* referenced = make_mbuf(frame_of(a_to_b()));
  rte_mbuf_refcnt_update(referenced, 1);
  lab.receive(kA, referenced);
  lab.receive(kA, frame_of(a_to_b()));
  std::vector<rte_mbuf*> hoard;
  while (rte_mbuf* mbuf = rte_pktmbuf_alloc(test::shared_pool())) {
    hoard.push_back(mbuf);
  }
  lab.run();
  rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
  rte_pktmbuf_free(referenced);
  EXPECT_EQ(lab.dropped(kMbufUnavailable), 1U);
  expect_sent(lab, kB, {a_to_b_translated()});
}

TEST(Pipeline, H6_TheHardwaresWordOnTheHeaderChecksum) {
  const auto receive_with = [](Lab& lab, const Bytes& l3, std::uint64_t flags) {
    rte_mbuf* mbuf = make_mbuf(frame_of(l3));
    mbuf->ol_flags = flags;
    lab.receive(kA, mbuf);
    lab.run();
  };
  Bytes bad = a_to_b();
  bad[10] ^= 1;
  for (const std::uint64_t flags : std::initializer_list<std::uint64_t>{
           RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN, RTE_MBUF_F_RX_IP_CKSUM_BAD,
           RTE_MBUF_F_RX_IP_CKSUM_NONE}) {
    Lab lab;
    receive_with(lab, a_to_b(), flags);  // "bad" from hardware is verified again
    expect_sent(lab, kB, {a_to_b_translated()});
    receive_with(lab, bad, flags);
    EXPECT_EQ(lab.dropped(kIpChecksumBad), 1U);
  }
}

}  // namespace
}  // namespace natto
