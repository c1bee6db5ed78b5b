#include "packet/refused_flow.hpp"

#include <gtest/gtest.h>

#include "packet/wire.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::make_udp;

RefusedPacket packet_of(const Bytes& frame) {
  return refused_packet(frame, 7, DropReason::kNotAllowed);
}

TEST(RefusedFlow, HasAddressesProtocolPortsAndTheBytesThatThePacketSays) {
  Bytes padded = frame_of(make_udp({}, Bytes(4)));
  padded.resize(60);
  const RefusedPacket packet = packet_of(padded);
  EXPECT_EQ(packet.flow.source, Ipv4Address::of(10, 1, 1, 10));
  EXPECT_EQ(packet.flow.destination, Ipv4Address::of(172, 30, 7, 20));
  EXPECT_EQ(packet.flow.realm, 7);
  EXPECT_EQ(packet.flow.reason, DropReason::kNotAllowed);
  EXPECT_EQ(packet.flow.protocol, protocol::kUdp);
  EXPECT_EQ(packet.flow.source_port, 5000);
  EXPECT_EQ(packet.flow.destination_port, 53);
  EXPECT_EQ(packet.bytes, 32U) << "without the padding";
}

TEST(RefusedFlow, ALaterFragmentAndAnIcmpMessageHaveNoPorts) {
  Bytes fragment = frame_of(make_udp({}, Bytes(4)));
  fragment[kIpv4Offset + 7] = 1;
  EXPECT_EQ(packet_of(fragment).flow.destination_port, 0);
  Bytes icmp = frame_of(make_udp({}, Bytes(4)));
  icmp[kIpv4Offset + 9] = protocol::kIcmp;
  EXPECT_EQ(packet_of(icmp).flow.destination_port, 0);
  EXPECT_EQ(packet_of(icmp).flow.source_port, 0);
}

TEST(RefusedFlow, PortsLieBehindTheOptionsIfTheyAreThere) {
  Bytes frame = frame_of(make_udp({}, Bytes(4)));
  frame[kIpv4Offset] = 0x46;
  frame.insert(frame.begin() + kIpv4Offset + sizeof(Ipv4Header), {1, 1, 1, 1});
  EXPECT_EQ(packet_of(frame).flow.destination_port, 53);
  frame.resize(kIpv4Offset + sizeof(Ipv4Header) + 4 + 3);
  EXPECT_EQ(packet_of(frame).flow.destination_port, 0);
}

TEST(RefusedFlow, AKeyGivesItsFlowBackAndDiffersInAllButTheSourcePort) {
  const RefusedFlow flow{.source = Ipv4Address::of(10, 1, 1, 10),
                         .destination = Ipv4Address::of(172, 30, 7, 20),
                         .realm = 31,
                         .reason = DropReason::kOverLimit,
                         .protocol = 255,
                         .destination_port = 65535,
                         .source_port = 9};
  const RefusedFlowKey key = RefusedFlowKey::of(flow);
  const RefusedFlow back = key.flow(9);
  EXPECT_EQ(back.source, flow.source);
  EXPECT_EQ(back.destination, flow.destination);
  EXPECT_EQ(back.realm, flow.realm);
  EXPECT_EQ(back.reason, flow.reason);
  EXPECT_EQ(back.protocol, flow.protocol);
  EXPECT_EQ(back.destination_port, flow.destination_port);
  EXPECT_EQ(back.source_port, 9);

  const auto changed = [&](auto change) {
    RefusedFlow other = flow;
    change(other);
    return RefusedFlowKey::of(other) != key;
  };
  EXPECT_FALSE(changed([](RefusedFlow& f) { f.source_port = 10; }));
  EXPECT_TRUE(changed([](RefusedFlow& f) { f.source = Ipv4Address::of(10, 1, 1, 11); }));
  EXPECT_TRUE(changed([](RefusedFlow& f) { f.destination = Ipv4Address::of(172, 30, 7, 21); }));
  EXPECT_TRUE(changed([](RefusedFlow& f) { f.realm = 30; }));
  EXPECT_TRUE(changed([](RefusedFlow& f) { f.reason = DropReason::kNotAllowed; }));
  EXPECT_TRUE(changed([](RefusedFlow& f) { f.protocol = 254; }));
  EXPECT_TRUE(changed([](RefusedFlow& f) { f.destination_port = 65534; }));
}

TEST(RefusedFlow, RefusalsAreWhatTheTableOrThePolicySaysNoTo) {
  EXPECT_TRUE(is_refusal(DropReason::kNotAllowed));
  EXPECT_TRUE(is_refusal(DropReason::kSourceIsOwnAddress));
  EXPECT_FALSE(is_refusal(DropReason::kTtlExpired));
  EXPECT_FALSE(is_refusal(DropReason::kTxRingFull));
}

}  // namespace
}  // namespace natto
