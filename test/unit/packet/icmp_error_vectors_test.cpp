// The conformance vectors of ICMP errors, byte for byte, from b's realm to a's. The quoted packet
// went from a (really 10.1.1.10, seen by b as 172.31.1.10) to b (really 192.168.7.20, seen by a as
// 172.30.7.20). Natto's own address on a's port is 10.1.0.1.

#include <gtest/gtest.h>

#include "packet/parse.hpp"
#include "packet/rewrite.hpp"
#include "support/bytes.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::from_hex;

constexpr Ipv4Address kReal = Ipv4Address::of(10, 1, 1, 10);
constexpr Ipv4Address kMapped = Ipv4Address::of(172, 31, 1, 10);
constexpr Ipv4Address kPeerReal = Ipv4Address::of(192, 168, 7, 20);
constexpr Ipv4Address kPeerMapped = Ipv4Address::of(172, 30, 7, 20);
constexpr Ipv4Address kOwn = Ipv4Address::of(10, 1, 0, 1);

Replacement replace(Ipv4Address before, Ipv4Address after) {
  return {after, checksum_delta(before.bits, after.bits)};
}

/// `l3` after translation into a's realm; `reporter` is what its source becomes.
Bytes translated(const Bytes& l3, Ipv4Address reporter) {
  Bytes frame = test::frame_of(l3);
  ParsedPacket packet{};
  const Verdict verdict = parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())},
                                {.mac = {}, .any_unicast_mac = true}, packet);
  if (!verdict.is_forward()) {
    return {};
  }
  EXPECT_TRUE(packet.is_icmp_error());
  EXPECT_EQ(packet.real_key, kPeerReal);
  EXPECT_EQ(packet.mapped_key, kMapped);
  rewrite_quoted(frame, packet,
                 NewAddresses::of(replace(kMapped, kReal), replace(kPeerReal, kPeerMapped)));
  rewrite(frame, packet.transport,
          NewAddresses::of(replace(packet.source, reporter), replace(kMapped, kReal)));
  return test::l3_of(frame);
}

TEST(IcmpErrorVectors, TV9_R31_R32_FragmentationNeededFromAnUnmappedRouter) {
  EXPECT_TRUE(test::same_bytes(
      from_hex("45c00044123400003b0157b90a0100010a01010a 0304bb8f00000578 "
               "450005dc123440003e0666ab0a01010aac1e0714 9c4001bb01020304000000005010faf04ef10000"),
      translated(from_hex("45c00044123400003c019af2c0a86301ac1f010a 0304723800000578 "
                          "450005dc123440003e06b002ac1f010ac0a80714 "
                          "9c4001bb01020304000000005010faf098480000"),
                 kOwn)));
}

TEST(IcmpErrorVectors, TV10_R29_AQuoteThatEndsBeforeTheChecksum) {
  // TV-9 with eight bytes behind the quoted header: 0x38 bytes in all, so both outer sums differ.
  EXPECT_TRUE(test::same_bytes(
      from_hex("45c00038123400003b0157c50a0100010a01010a 0304558200000578 "
               "450005dc123440003e0666ab0a01010aac1e0714 9c4001bb01020304"),
      translated(from_hex("45c00038123400003c019afec0a86301ac1f010a 0304558200000578 "
                          "450005dc123440003e06b002ac1f010ac0a80714 9c4001bb01020304"),
                 kOwn)));
}

TEST(IcmpErrorVectors, TV11_R4_PortUnreachableFromTheHostItself) {
  EXPECT_TRUE(test::same_bytes(
      from_hex("4500003a123400003f01ab52ac1e07140a01010a 030380cc00000000 "
               "4500001e123400003d11ad5e0a01010aac1e0714 13880035000a00006869"),
      translated(from_hex("4500003a123400004001f3a9c0a80714ac1f010a 030380cc00000000 "
                          "4500001e123400003d11f6b5ac1f010ac0a80714 13880035000a00006869"),
                 kPeerMapped)));
}

}  // namespace
}  // namespace natto
