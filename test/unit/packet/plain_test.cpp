#include "packet/plain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <random>

#include "packet/plain_lanes.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::make_tcp;
using test::make_udp;

constexpr FrameFilter kAnyMac{.mac = {}, .any_unicast_mac = true};

const PlainShape kShape(kAnyMac, Ipv4Address::of(10, 255, 255, 255));

bool is_plain(const Bytes& frame, const PlainShape& shape = kShape) {
  return static_cast<bool>(shape.look_at(frame));
}
bool is_plain_fragment(const Bytes& frame) {
  return static_cast<bool>(kShape.look_at_fragment(frame));
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

TEST(Plain, IcmpButWhatQuotesAPacketOrIsNotForwarded) {
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0, 8, 13, 14, 42}) {
    EXPECT_TRUE(is_plain(test::frame_of(test::make_icmp({}, type, test::from_hex("00010002")))));
  }
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{3, 4, 5, 11, 12}) {
    EXPECT_FALSE(is_plain(test::frame_of(test::make_icmp({}, type, test::from_hex("00010002")))));
  }
}

TEST(Plain, NotWhatNeedsCare) {
  test::PacketSpec with_options;
  with_options.options = test::from_hex("01010101");
  EXPECT_FALSE(is_plain(test::frame_of(make_udp(with_options, Bytes(8, 1)))));
  EXPECT_FALSE(is_plain(test::frame_of(make_udp({.ttl = 1}, Bytes(8, 1)))));
  EXPECT_FALSE(is_plain(
      test::frame_of(test::make_packet({.protocol = 51, .payload = Bytes(16, 1)}))));  // AH
  EXPECT_FALSE(is_plain(test::frame_of(make_udp({.destination = "10.255.255.255"}, Bytes(8, 1)))));
  EXPECT_FALSE(is_plain(
      test::frame_of(make_udp({.source = "10.1.1.10", .destination = "10.1.1.10"}, Bytes(8, 1)))));
}

TEST(Plain, FragmentsApartFromWholePackets) {
  const Bytes first = test::frame_of(make_udp({.fragment = 0x2000}, Bytes(8, 1)));
  const Bytes later = test::frame_of(
      test::make_packet({.protocol = 17, .fragment = 0x0002, .payload = Bytes(11, 1)}));
  for (const Bytes& frame : {first, later}) {
    EXPECT_FALSE(is_plain(frame));
    EXPECT_TRUE(is_plain_fragment(frame));
  }
  EXPECT_FALSE(is_plain_fragment(test::frame_of(make_udp({}, Bytes(8, 1)))));
  EXPECT_EQ(kShape.look_at_fragment(first).checksum(), kPlainTransport[17]);
  EXPECT_EQ(kShape.look_at_fragment(later).checksum(), TransportChecksum{});
}

TEST(Plain, NotFragmentsThatNeedCare) {
  const auto frame_of = [](std::uint16_t fragment, std::uint8_t protocol, std::size_t bytes) {
    return test::frame_of(test::make_packet(
        {.protocol = protocol, .fragment = fragment, .payload = Bytes(bytes, 0x20)}));
  };
  EXPECT_TRUE(is_plain_fragment(frame_of(0x0002, 6, 16)));
  EXPECT_FALSE(is_plain_fragment(frame_of(0x0001, 6, 16)));  // over TCP's flags
  EXPECT_TRUE(is_plain_fragment(frame_of(0x2002, 6, 16)));
  EXPECT_FALSE(is_plain_fragment(frame_of(0x2002, 6, 17)));   // the next would not begin there
  EXPECT_FALSE(is_plain_fragment(frame_of(0x1fff, 17, 16)));  // beyond 64 KiB
  EXPECT_FALSE(is_plain_fragment(frame_of(0x0002, 51, 16)));  // AH
  EXPECT_FALSE(is_plain_fragment(frame_of(0x2000, 6, 16)));   // not all of TCP's header
  EXPECT_FALSE(is_plain_fragment(
      test::frame_of(test::make_icmp({.fragment = 0x2000}, 3, test::from_hex("00000000")))));
}

TEST(Plain, OnlyFramesForThePort) {
  const Bytes frame = test::frame_of(make_udp({}, {}));
  FrameFilter own{.mac = header_at<EthernetHeader>(std::span(frame), 0).destination};
  EXPECT_TRUE(is_plain(frame, PlainShape(own, {})));
  ++own.mac.bytes[5];
  EXPECT_FALSE(is_plain(frame, PlainShape(own, {})));
}

/// Whether parse() lets `frame` through and tells of it what the fast path takes for granted.
::testing::AssertionResult agrees(const Bytes& frame, Plain plain) {
  ParsedPacket packet{};
  const Verdict verdict =
      parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())}, kAnyMac, packet);
  const bool same = verdict.is_forward() && packet.ttl > 1 && packet.ip_header_length == 20 &&
                    packet.total_length == plain.length() && !packet.is_icmp_error() &&
                    packet.real_key == packet.source && packet.mapped_key == packet.destination &&
                    packet.transport == plain.checksum();
  return same ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "parse differs";
}

/// What the lanes say of `frame`, which lies in lane `lane` beside `others`. None: they do not
/// know.
template <std::size_t kLanes>
std::optional<Plain> by_lanes(const Bytes& frame, std::size_t lane, const Bytes& others) {
  const PlainLanes<kLanes> lanes(kShape);
  const auto usable = [&](const Bytes& bytes) {
    std::uint64_t first = 1;
    std::memcpy(&first, bytes.data(), std::min(bytes.size(), sizeof(first)));
    return bytes.size() >= PlainShape::kLeastBytes && kShape.strangeness(first) == 0
               ? bytes.data()
               : PlainLanes<kLanes>::kNothing.data();
  };
  typename PlainLanes<kLanes>::Frames frames;
  frames.fill(usable(others));
  frames[lane] = usable(frame);
  std::array<std::uint32_t, kLanes> words;
  lanes.look_at(frames, words);
  const Plain plain = Plain::from_word(words[lane]);
  return !plain || kIpv4Offset + plain.length() <= frame.size() ? std::optional(plain)
                                                                : std::nullopt;
}

/// Frames of a protocol, most of them nearly plain.
class NearlyPlain {
 public:
  [[nodiscard]] Bytes next(std::uint8_t protocol) {
    Bytes l3 = test::make_packet({.protocol = protocol, .payload = Bytes(28, 0x20)});
    test::write16(l3, 24, static_cast<std::uint16_t>(random_() % 40));  // UDP's length, maybe
    if (random_() % 4 == 0) {
      test::write16(l3, 6,
                    static_cast<std::uint16_t>(random_() & (random_() % 2 ? 0x2007 : 0xffff)));
    }
    const std::size_t at = random_() % 20;
    l3[at] = static_cast<std::uint8_t>(random_());
    if (random_() % 8 != 0) {  // mostly with a right header checksum
      Bytes header(l3.begin(), l3.begin() + 20);
      test::write16(header, 10, 0);
      test::write16(l3, 10, test::reference_checksum(header));
    }
    Bytes frame = test::frame_of(l3);
    if (random_() % 8 == 0) {
      frame[random_() % 14] = static_cast<std::uint8_t>(random_());
    }
    frame.resize(frame.size() - random_() % 4 * (random_() % 8));
    return frame;
  }

 private:
  std::mt19937 random_{11};
};
constexpr std::array<std::uint8_t, 7> kProtocols = {6, 17, 33, 50, 136, 1, 51};

TEST(Plain, IsWhatTheParserTakesWhateverByteChanges) {
  NearlyPlain frames;
  std::size_t plain = 0;
  std::size_t fragments = 0;
  std::size_t others = 0;
  for (int i = 0; i < 140'000; ++i) {
    const Bytes frame = frames.next(kProtocols[static_cast<std::size_t>(i) % kProtocols.size()]);
    if (is_plain(frame)) {
      ++plain;
      ASSERT_TRUE(agrees(frame, kShape.look_at(frame)));
      ASSERT_FALSE(is_plain_fragment(frame));
    } else if (is_plain_fragment(frame)) {
      ++fragments;
      ASSERT_TRUE(agrees(frame, kShape.look_at_fragment(frame)));
    } else {
      ++others;
    }
  }
  EXPECT_GT(plain, 5000U);
  EXPECT_GT(fragments, 2000U);
  EXPECT_GT(others, 5000U);
}

TEST(PlainLanes, SayInEachLaneWhatTheShapeSays) {
  NearlyPlain frames;
  const Bytes good = test::frame_of(make_udp({}, Bytes(8, 1)));
  std::size_t plain = 0;
  std::size_t not_plain = 0;
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < 160'000; ++i) {
    const bool usual = i % 8 != 0;
    const Bytes frame =
        frames.next(usual ? kProtocols[i / 8 % 2] : kProtocols[i % kProtocols.size()]);
    const Bytes other = i % 3 == 0 ? good : frames.next(kProtocols[i % 2]);
    const std::optional<Plain> said = by_lanes<8>(frame, i % 8, other);
    ASSERT_EQ(said, by_lanes<4>(frame, i % 4, other)) << test::to_hex(frame);
    if (!said) {
      ++unknown;
      const bool is_tcp_or_udp =
          frame.size() > 23 && (frame[23] == protocol::kTcp || frame[23] == protocol::kUdp);
      ASSERT_FALSE(is_tcp_or_udp && kShape.look_at(frame)) << test::to_hex(frame);
      continue;
    }
    ASSERT_EQ(*said, kShape.look_at(frame)) << test::to_hex(frame);
    ASSERT_FALSE(is_plain_fragment(frame)) << test::to_hex(frame);
    ++(*said ? plain : not_plain);
  }
  EXPECT_GT(plain, 10'000U);
  EXPECT_GT(not_plain, 10'000U);
  EXPECT_GT(unknown, 10'000U);
}

}  // namespace
}  // namespace natto
