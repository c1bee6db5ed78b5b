#include "packet/echo.hpp"

#include <gtest/gtest.h>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;

const test::PacketSpec kToNatto{.source = "10.1.1.10", .destination = "10.1.0.1", .ttl = 7};

TEST(EchoReply, R39_AnswersTheSender) {
  const Bytes rest = test::from_hex("0077 0001 6162636465");
  Bytes frame = test::frame_of(test::make_icmp(kToNatto, 8, rest));
  ASSERT_TRUE(make_echo_reply(frame));

  Bytes expected =
      test::make_icmp({.source = "10.1.0.1", .destination = "10.1.1.10", .ttl = 64}, 0, rest);
  EXPECT_TRUE(test::same_bytes(expected, test::l3_of(frame)));
  EXPECT_EQ(Bytes(frame.begin(), frame.begin() + 12), test::from_hex("020000000002 020000000001"));
}

TEST(EchoReply, LeavesEverythingElseAlone) {
  Bytes damaged = test::make_icmp(kToNatto, 8, Bytes(8));
  damaged.back() ^= 1;
  const Bytes others[] = {
      damaged,
      test::make_icmp(kToNatto, 0, Bytes(8)),
      test::make_icmp(kToNatto, 13, Bytes(16)),
      test::make_udp(kToNatto, Bytes(8)),
      test::make_icmp({.destination = "10.1.0.1", .fragment = 0x2000}, 8, Bytes(12)),
  };
  for (const Bytes& l3 : others) {
    const Bytes before = test::frame_of(l3);
    Bytes frame = before;
    EXPECT_FALSE(make_echo_reply(frame));
    EXPECT_TRUE(test::same_bytes(before, frame));
  }
}

}  // namespace
}  // namespace natto
