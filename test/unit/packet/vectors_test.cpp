// The conformance vectors, byte for byte, through parse and rewrite. In each, host a (really
// 10.1.1.10, mapped to 172.31.1.10) sends to b (mapped to 172.30.7.20, really 192.168.7.20).

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

Replacement replace(Ipv4Address before, Ipv4Address after) {
  return {after, checksum_delta(before.bits, after.bits)};
}

/// `l3` after translation from a's realm; empty if the parser does not let it through.
Bytes translated(const Bytes& l3) {
  Bytes frame = test::frame_of(l3);
  ParsedPacket packet{};
  const Verdict verdict = parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())},
                                {.mac = {}, .any_unicast_mac = true}, packet);
  if (!verdict.is_forward()) {
    return {};
  }
  EXPECT_EQ(packet.source, kReal);
  EXPECT_EQ(packet.destination, kPeerMapped);
  rewrite(frame, packet.transport,
          NewAddresses::of(replace(kReal, kMapped), replace(kPeerMapped, kPeerReal)));
  return test::l3_of(frame);
}

struct Vector {
  const char* name;
  std::string before;
  std::string after;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

class Vectors : public testing::TestWithParam<Vector> {};

TEST_P(Vectors, IsExactToTheByte) {
  EXPECT_TRUE(
      test::same_bytes(from_hex(GetParam().after), translated(from_hex(GetParam().before))));
}

const std::string kTv1In =
    "450000281234400040066a5f0a01010aac1e0714 9c4001bb01020304000000005002faf054b30000";
const std::string kTv1Out =
    "45000028123440003f06b4b6ac1f010ac0a80714 9c4001bb01020304000000005002faf09e0a0000";
const std::string kTv2In = "4500001e1234400040116a5e0a01010aac1e0714 13880035000ab6a87737";
const std::string kTv2Out = "4500001e123440003f11b4b5ac1f010ac0a80714 13880035000affff7737";

INSTANTIATE_TEST_SUITE_P(
    Conformance, Vectors,
    testing::Values(
        Vector{"TV1_R1_R2_R14_TcpSyn", kTv1In, kTv1Out},
        Vector{"TV1b_R3_AWrongTcpChecksumStaysWrong", replaced(kTv1In, "54b3", "54b2"),
               replaced(kTv1Out, "9e0a", "9e09")},
        Vector{"TV2_R4_UdpComputedZeroBecomesFfff", kTv2In, kTv2Out},
        Vector{"TV2b_R4_UdpFfffOnTheWayIn", replaced(kTv2In, "b6a87737", "ffff2de0"),
               replaced(kTv2Out, "ffff7737", "49572de0")},
        Vector{"TV3_R4_UdpZeroStaysZero", replaced(kTv2In, "b6a87737", "00006869"),
               replaced(kTv2Out, "ffff7737", "00006869")},
        Vector{"TV4_R4_TcpComputedZeroStaysZero",
               "450000281234400040066a5f0a01010aac1e0714 "
               "9c4001bb0000a210000000005002faf0b6a80000",
               "45000028123440003f06b4b6ac1f010ac0a80714 "
               "9c4001bb0000a210000000005002faf000000000"},
        Vector{"TV7_R17_MiddleFragmentChangesOnlyTheHeader",
               "45000024424220b9401159910a01010aac1e0714 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
               "45000024424220b93f11a3e8ac1f010ac0a80714 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        Vector{"TV8_R23_UnknownOptionPasses",
               "4600002c1234400040062ca90a01010aac1e0714 5e04dead "
               "9c4001bb01020304000000005002faf054b30000",
               "4600002c123440003f067700ac1f010ac0a80714 5e04dead "
               "9c4001bb01020304000000005002faf09e0a0000"}),
    [](const auto& vector) { return vector.param.name; });

// TV-5 and TV-6 give the header's fields and checksums; the eight payload bytes are ours.
TEST(Vectors, TV5_R14_TtlAloneCarriesIntoZero) {
  Bytes frame =
      test::frame_of(from_hex("4500001c7d9440004011feff0a01010aac1e0714 1388003500080000"));
  ParsedPacket packet{};
  ASSERT_TRUE(parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())},
                    {.mac = {}, .any_unicast_mac = true}, packet)
                  .is_forward());
  rewrite(frame, packet.transport, {kReal, kPeerMapped, {}});
  EXPECT_TRUE(test::same_bytes(
      from_hex("4500001c7d9440003f1100000a01010aac1e0714 1388003500080000"), test::l3_of(frame)));
}

TEST(Vectors, TV6_R2_RewriteAndTtlTogetherCarryIntoZero) {
  EXPECT_TRUE(test::same_bytes(
      from_hex("4500001cc6eb40003f110000ac1f010ac0a80714 1388003500080000"),
      translated(from_hex("4500001cc6eb40004011b5a80a01010aac1e0714 1388003500080000"))));
}

TEST(Vectors, TV12_R6_EchoKeepsIdentifierAndChecksum) {
  EXPECT_TRUE(test::same_bytes(
      from_hex("45000024123440003f01b4bfac1f010ac0a80714 080065f200770001 6162636465666768"),
      translated(from_hex(
          "4500002412344000 4001 6a68 0a01010aac1e0714 080065f200770001 6162636465666768"))));
}

}  // namespace
}  // namespace natto
