#include "packet/plain.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::make_tcp;
using test::make_udp;

constexpr FrameFilter kAnyMac{.mac = {}, .any_unicast_mac = true};

bool is_plain(const Bytes& frame, const FrameFilter& filter = kAnyMac) {
  return PlainShape(filter).length_of(frame) != 0;
}

TEST(Plain, TcpUdpAndWhatHasNoChecksumOverAddresses) {
  EXPECT_TRUE(is_plain(test::frame_of(make_udp({}, Bytes(3, 1)))));
  EXPECT_TRUE(is_plain(test::frame_of(make_tcp({}, Bytes(3, 1)))));
  EXPECT_TRUE(is_plain(
      test::frame_of(test::make_packet({.protocol = 50, .payload = Bytes(16, 1)}))));  // ESP
}

TEST(Plain, PaddedAndNot) {
  Bytes frame = test::frame_of(make_udp({}, {}));
  EXPECT_TRUE(is_plain(frame));
  frame.resize(60);
  EXPECT_TRUE(is_plain(frame));
}

TEST(Plain, NotWhatNeedsCare) {
  EXPECT_FALSE(is_plain(test::frame_of(test::make_icmp({}, 8, test::from_hex("0001 0002")))));
  test::PacketSpec with_options;
  with_options.options = test::from_hex("01010101");
  EXPECT_FALSE(is_plain(test::frame_of(make_udp(with_options, Bytes(8, 1)))));
  EXPECT_FALSE(is_plain(test::frame_of(make_udp({.ttl = 1}, Bytes(8, 1)))));
  EXPECT_FALSE(is_plain(
      test::frame_of(test::make_packet({.protocol = 51, .payload = Bytes(16, 1)}))));  // AH
}

TEST(Plain, OnlyFramesForThePort) {
  const Bytes frame = test::frame_of(make_udp({}, {}));
  FrameFilter own{.mac = header_at<EthernetHeader>(std::span(frame), 0).destination};
  EXPECT_TRUE(is_plain(frame, own));
  ++own.mac.bytes[5];
  EXPECT_FALSE(is_plain(frame, own));
}

/// Whether parse() lets `frame` through and tells of it what the fast path takes for granted.
::testing::AssertionResult agrees(const Bytes& frame) {
  ParsedPacket packet{};
  const Verdict verdict =
      parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())}, kAnyMac, packet);
  const bool same = verdict.is_forward() && packet.ttl > 1 && packet.ip_header_length == 20 &&
                    !packet.later_fragment && !packet.is_icmp_error() &&
                    packet.real_key == packet.source && packet.mapped_key == packet.destination &&
                    packet.transport == plain_transport(frame);
  return same ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "parse differs";
}

TEST(Plain, IsWhatTheParserTakesWhateverByteChanges) {
  std::mt19937 random(11);
  std::size_t plain = 0;
  std::size_t not_plain = 0;
  for (const std::uint8_t protocol :
       std::initializer_list<std::uint8_t>{6, 17, 33, 50, 136, 1, 51}) {
    const Bytes payload(28, 0x20);
    for (int i = 0; i < 20'000; ++i) {
      Bytes l3 = test::make_packet({.protocol = protocol, .payload = payload});
      test::write16(l3, 24, static_cast<std::uint16_t>(random() % 40));  // UDP's length, maybe
      const std::size_t at = random() % 20;
      l3[at] = static_cast<std::uint8_t>(random());
      if (random() % 8 != 0) {  // mostly with a right header checksum
        Bytes header(l3.begin(), l3.begin() + 20);
        test::write16(header, 10, 0);
        test::write16(l3, 10, test::reference_checksum(header));
      }
      Bytes frame = test::frame_of(l3);
      if (random() % 8 == 0) {
        frame[random() % 14] = static_cast<std::uint8_t>(random());
      }
      frame.resize(frame.size() - random() % 4 * (random() % 8));
      if (is_plain(frame)) {
        ++plain;
        ASSERT_TRUE(agrees(frame));
      } else {
        ++not_plain;
      }
    }
  }
  EXPECT_GT(plain, 5000U);
  EXPECT_GT(not_plain, 5000U);
}

}  // namespace
}  // namespace natto
