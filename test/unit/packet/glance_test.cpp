#include "packet/glance.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "packet/wire.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::make_udp;

const Ipv4Address kSource = Ipv4Address::of(10, 1, 1, 10);
const Ipv4Address kDestination = Ipv4Address::of(172, 30, 7, 20);

TEST(Glance, APacketWithPorts) {
  const Glance glance = glance_at(frame_of(make_udp({.options = Bytes(40, 1)}, Bytes(3))));
  EXPECT_EQ(glance.ethertype, 0x0800);
  EXPECT_EQ(glance.protocol, 17);
  EXPECT_TRUE(glance.has_addresses);
  EXPECT_EQ(glance.source, kSource);
  EXPECT_EQ(glance.destination, kDestination);
  EXPECT_TRUE(glance.has_ports);
  EXPECT_EQ(glance.source_port, 5000);
  EXPECT_EQ(glance.destination_port, 53);
}

TEST(Glance, ItsFirstBytesAreEnough) {
  Bytes frame = frame_of(make_udp({.options = Bytes(40, 1)}, Bytes(100)));
  frame.resize(kGlanceBytes);
  EXPECT_TRUE(glance_at(frame).has_ports);
}

TEST(Glance, NeitherIcmpNorALaterFragmentHasPorts) {
  const Glance icmp = glance_at(frame_of(test::make_icmp({}, 8, Bytes(12))));
  EXPECT_TRUE(icmp.has_addresses);
  EXPECT_EQ(icmp.protocol, 1);
  EXPECT_FALSE(icmp.has_ports);
  Bytes later = frame_of(make_udp({}, Bytes(30)));
  later[kIpv4Offset + 7] = 1;  // the offset
  EXPECT_TRUE(glance_at(later).has_addresses);
  EXPECT_FALSE(glance_at(later).has_ports);
}

TEST(Glance, WhatIsCutOffIsLeftOut) {
  const Bytes whole = frame_of(make_udp({}, {}));
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    // On the heap, so that a sanitizer sees a read beyond it.
    const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
    const Glance glance = glance_at(cut);
    EXPECT_EQ(glance.ethertype, length < 14 ? 0 : 0x0800) << length;
    EXPECT_EQ(glance.has_addresses, length >= 14 + 20) << length;
    EXPECT_EQ(glance.has_ports, length >= 14 + 20 + 4) << length;
  }
}

TEST(Glance, DamagedHeadersShowNothingThatIsNotThere) {
  Bytes frame = frame_of(make_udp({}, Bytes(3)));
  frame[kIpv4Offset] = 0x41;  // IHL 1
  EXPECT_TRUE(glance_at(frame).has_addresses);
  EXPECT_FALSE(glance_at(frame).has_ports);
  frame[kIpv4Offset] = 0x65;  // version 6
  EXPECT_FALSE(glance_at(frame).has_addresses);
}

TEST(Glance, ArpShowsSenderAndTarget) {
  Bytes frame(14 + 28);
  frame[12] = 0x08;
  frame[13] = 0x06;
  const Bytes sender = {10, 0, 0, 5};
  const Bytes target = {10, 0, 0, 1};
  std::ranges::copy(sender, frame.begin() + 14 + 14);
  std::ranges::copy(target, frame.begin() + 14 + 24);
  const Glance glance = glance_at(frame);
  EXPECT_TRUE(glance.has_addresses);
  EXPECT_EQ(glance.source, Ipv4Address::of(10, 0, 0, 5));
  EXPECT_EQ(glance.destination, Ipv4Address::of(10, 0, 0, 1));
  EXPECT_FALSE(glance.has_ports);
  frame.pop_back();
  EXPECT_FALSE(glance_at(frame).has_addresses);
}

TEST(Glance, OtherFramesHaveATypeAlone) {
  Bytes frame(60);
  frame[12] = 0x86;
  frame[13] = 0xdd;
  EXPECT_EQ(glance_at(frame).ethertype, 0x86dd);
  EXPECT_FALSE(glance_at(frame).has_addresses);
}

}  // namespace
}  // namespace natto
