// R16: packets larger than the outgoing MTU that may be fragmented.

#include "dataplane/fragment.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_udp;
using test::PacketSpec;
using enum DropReason;

Bytes pattern(std::size_t length) {
  Bytes bytes(length);
  for (std::size_t i = 0; i < length; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  }
  return bytes;
}

/// The fragments that RFC 791 §3.2 makes of `l3` for `mtu`, all options copied to each.
std::vector<Bytes> fragments_of(const Bytes& l3, std::size_t mtu) {
  const std::size_t header = (l3[0] & 0x0fU) * 4;
  const std::size_t step = (mtu - header) / 8 * 8;
  const std::uint16_t field = test::read16(l3, 6);
  std::vector<Bytes> fragments;
  for (std::size_t at = header; at < l3.size(); at += step) {
    const std::size_t end = std::min(at + step, l3.size());
    Bytes fragment(l3.begin(), l3.begin() + static_cast<long>(header));
    fragment.insert(fragment.end(), l3.begin() + static_cast<long>(at),
                    l3.begin() + static_cast<long>(end));
    test::write16(fragment, 2, static_cast<std::uint16_t>(fragment.size()));
    const std::size_t offset = (field & 0x1fffU) + (at - header) / 8;
    const unsigned more = end < l3.size() ? 0x2000U : field & 0x2000U;
    test::write16(fragment, 6, static_cast<std::uint16_t>((field & 0x8000U) | more | offset));
    test::fix_ip_checksum(fragment);
    fragments.push_back(fragment);
  }
  return fragments;
}

void expect_fragments(Lab& lab, const std::vector<Bytes>& expected) {
  const auto sent = lab.sent(kB);
  ASSERT_EQ(sent.size(), expected.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_TRUE(test::same_bytes(expected[i], test::l3_of(sent[i]))) << i;
    EXPECT_EQ(sent[i][5], test::kNextHopB.bytes[5]);
  }
}

PacketSpec translated(PacketSpec spec) {
  spec.source = "172.31.1.10";
  spec.destination = "192.168.7.20";
  --spec.ttl;
  return spec;
}

TEST(Fragment, R16_CutsWhatMayBeCut) {
  for (const std::size_t data : {553U, 1000U, 1472U, 4000U}) {
    Lab lab({.mtu = 580});
    const PacketSpec spec{.fragment = 0};
    lab.receive(kA, frame_of(make_udp(spec, pattern(data))));
    lab.run();
    expect_fragments(lab, fragments_of(make_udp(translated(spec), pattern(data)), 580));
    EXPECT_EQ(lab.counters().translated, 1U);
    EXPECT_EQ(lab.counters().fragmented, 1U);
  }
}

TEST(Fragment, R16_H16_APortThatTakesOnlySomeDropsThePacket) {
  Lab lab({.mtu = 580, .tx_capacity = 1});
  lab.receive(kA, frame_of(make_udp({.fragment = 0}, pattern(1472))));
  lab.run();
  EXPECT_EQ(lab.sent(kB).size(), 1U);
  EXPECT_EQ(lab.dropped(DropReason::kTxRingFull), 1U);
  EXPECT_EQ(lab.counters().translated, 0U);
  EXPECT_EQ(lab.counters().fragments, 1U);
}

TEST(Fragment, R16_CutsFragmentsFurther) {
  Lab lab({.mtu = 300});
  // A middle one and a last one: offsets go on from theirs, and only the middle one's last piece
  // says that more follow.
  for (const std::uint16_t field : {std::uint16_t{0x2064}, std::uint16_t{0x0064}}) {
    PacketSpec spec{.fragment = field, .payload = pattern(800)};
    lab.receive(kA, frame_of(test::make_packet(spec)));
    lab.run();
    expect_fragments(lab, fragments_of(test::make_packet(translated(spec)), 300));
  }
}

TEST(Fragment, R16_FromManySegments) {
  const PacketSpec spec{.fragment = 0};
  const Bytes frame = frame_of(make_udp(spec, pattern(3000)));
  const std::vector<Bytes> expected = fragments_of(make_udp(translated(spec), pattern(3000)), 1500);
  for (const std::vector<std::size_t>& shape : {std::vector<std::size_t>{5},
                                                {14, 20},
                                                {30, 1, 1},
                                                {1400},
                                                std::vector<std::size_t>(60, 50)}) {
    Lab lab;
    lab.receive(kA, test::make_mbuf(frame, shape));
    lab.run();
    expect_fragments(lab, expected);
  }
}

TEST(Fragment, JumboFramesPassWhole) {
  Lab lab({.mtu = 9001});
  const Bytes data = pattern(9001 - 28);
  const Bytes frame = frame_of(make_udp({}, data));
  for (const std::vector<std::size_t>& shape :
       {std::vector<std::size_t>{2048, 2048, 2048, 2048}, {60, 2000, 2000, 2000, 2000}}) {
    lab.receive(kA, test::make_mbuf(frame, shape));
    lab.run();
    expect_fragments(lab, {make_udp(translated({}), data)});
  }
}

TEST(Fragment, R16_OrderIsKeptAroundThem) {
  Lab lab({.mtu = 580});
  const PacketSpec spec{.fragment = 0};
  std::vector<Bytes> expected;
  for (const std::size_t data : {10U, 900U, 11U, 1200U, 12U}) {
    lab.receive(kA, frame_of(make_udp(spec, pattern(data))));
    for (const Bytes& fragment : fragments_of(make_udp(translated(spec), pattern(data)), 580)) {
      expected.push_back(fragment);
    }
  }
  lab.run();
  expect_fragments(lab, expected);
}

TEST(Fragment, H16_WithoutBuffersTheyAreCounted) {
  Lab lab({.mtu = 580});
  lab.receive(kA, frame_of(make_udp({.fragment = 0}, pattern(1000))));
  lab.receive(kA, frame_of(make_udp({.fragment = 0}, pattern(10))));
  std::vector<rte_mbuf*> hoard;
  while (rte_mbuf* mbuf = rte_pktmbuf_alloc(test::shared_pool())) {
    hoard.push_back(mbuf);
  }
  lab.run();
  rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
  EXPECT_EQ(lab.dropped(kFragmentationFailed), 1U);
  EXPECT_EQ(lab.sent(kB).size(), 1U);
}

TEST(Fragment, TooManyFragmentsAreCounted) {
  Lab lab({.mtu = 68});
  lab.receive(kA, frame_of(make_udp({.fragment = 0}, pattern(48 * kMaxFragments - 8))));
  lab.run();
  EXPECT_EQ(lab.sent(kB).size(), kMaxFragments);
  lab.receive(kA, frame_of(make_udp({.fragment = 0}, pattern(48 * kMaxFragments))));
  lab.run();
  EXPECT_EQ(lab.dropped(kFragmentationFailed), 1U);
}

}  // namespace
}  // namespace natto
