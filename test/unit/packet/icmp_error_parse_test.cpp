#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

#include "packet/parse.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::make_icmp;
using test::make_packet;
using test::make_tcp;
using test::make_udp;
using test::PacketSpec;
using enum DropReason;

constexpr Verdict kForward = Verdict::forward();

struct Parsed {
  Verdict verdict;
  ParsedPacket packet;
};

Parsed parse_l3(const Bytes& l3) {
  const Bytes frame = test::frame_of(l3);
  const std::size_t head = std::min(frame.size(), kHeadBytes);
  // A buffer of exactly the head, so that a sanitizer sees any read beyond it.
  const Bytes bytes(frame.begin(), frame.begin() + static_cast<long>(head));
  Parsed parsed{kForward, {}};
  parsed.verdict = parse({.head = bytes, .length = static_cast<std::uint32_t>(frame.size())},
                         {.mac = {}, .any_unicast_mac = true}, parsed.packet);
  return parsed;
}

constexpr std::uint8_t kUnreachable = 3;

/// What host b would quote: a packet from a's mapped address to b's real one.
const PacketSpec kQuoted{.source = "172.31.1.10", .destination = "192.168.7.20"};
const PacketSpec kOuter{.source = "192.168.99.1", .destination = "172.31.1.10", .fragment = 0};

Bytes error_about(const Bytes& quote, PacketSpec outer = kOuter, std::uint8_t type = kUnreachable) {
  return test::make_icmp_error(outer, type, quote);
}

TEST(IcmpErrorParse, R31_AsksTheTableForTheQuotedPacketTheOtherWayRound) {
  const auto [verdict, packet] = parse_l3(error_about(make_udp(kQuoted, Bytes(8))));
  ASSERT_EQ(verdict, kForward);
  EXPECT_EQ(to_string(packet.real_key), "192.168.7.20");
  EXPECT_EQ(to_string(packet.mapped_key), "172.31.1.10");
  EXPECT_EQ(to_string(packet.source), "192.168.99.1");
  EXPECT_EQ(packet.quoted.ip_offset, 14 + 20 + 8);
  EXPECT_EQ(packet.quoted.transport.offset, 14 + 20 + 8 + 20 + 6);
  EXPECT_EQ(packet.transport.offset, 0);
}

TEST(IcmpErrorParse, R31_AnotherOuterDestinationIsRefused) {
  EXPECT_EQ(parse_l3(error_about(make_udp({.source = "172.31.1.11"}, {}))).verdict,
            kIcmpErrorDestinationDiffers);
}

TEST(IcmpErrorParse, R34_TypesThatAreNotForwarded) {
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{4, 5}) {
    EXPECT_EQ(parse_l3(error_about(make_udp(kQuoted, {}), kOuter, type)).verdict,
              kIcmpTypeNotForwarded);
  }
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{3, 11, 12}) {
    EXPECT_TRUE(parse_l3(error_about(make_udp(kQuoted, {}), kOuter, type)).packet.is_icmp_error());
  }
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0, 8, 13, 14, 17, 42, 200}) {
    const auto [verdict, packet] = parse_l3(error_about(make_udp(kQuoted, {}), kOuter, type));
    EXPECT_EQ(verdict, kForward);
    EXPECT_FALSE(packet.is_icmp_error()) << +type;
  }
}

TEST(IcmpErrorParse, R28_InnerOptionsAreSkipped) {
  for (std::size_t words = 0; words <= 10; ++words) {
    PacketSpec quoted = kQuoted;
    quoted.options = Bytes(4 * words, 1);
    const auto [verdict, packet] = parse_l3(error_about(make_tcp(quoted, {})));
    ASSERT_EQ(verdict, kForward);
    EXPECT_EQ(packet.quoted.transport.offset, 14 + 20 + 8 + 20 + 4 * words + 16);
  }
}

TEST(IcmpErrorParse, R28_OuterAndInnerOptionsAtTheirLongest) {
  PacketSpec outer = kOuter;
  outer.options = Bytes(40, 1);
  PacketSpec quoted = kQuoted;
  quoted.options = Bytes(40, 1);
  const auto [verdict, packet] = parse_l3(error_about(make_tcp(quoted, Bytes(400)), outer));
  ASSERT_EQ(verdict, kForward);
  EXPECT_EQ(packet.quoted.transport.offset, 14 + 60 + 8 + 60 + 16);
}

TEST(IcmpErrorParse, R29_ChecksumsThatAreNotWhollyQuotedAreLeftAlone) {
  const Bytes tcp = make_tcp(kQuoted, {});
  for (std::size_t length = 20; length <= tcp.size(); ++length) {
    const Bytes quote(tcp.begin(), tcp.begin() + static_cast<long>(length));
    const auto [verdict, packet] = parse_l3(error_about(quote));
    ASSERT_EQ(verdict, kForward) << length;
    EXPECT_EQ(packet.quoted.transport.offset != 0, length >= 20 + 18) << length;
  }
}

TEST(IcmpErrorParse, R29_NorThoseBeyondTheInnerDatagram) {
  Bytes quote = make_udp(kQuoted, Bytes(20));
  test::write16(quote, 2, 27);  // the datagram ends inside its UDP checksum
  test::fix_ip_checksum(quote);
  EXPECT_EQ(parse_l3(error_about(quote)).packet.quoted.transport.offset, 0);
  test::write16(quote, 2, 28);
  test::fix_ip_checksum(quote);
  EXPECT_NE(parse_l3(error_about(quote)).packet.quoted.transport.offset, 0);
}

TEST(IcmpErrorParse, R30_NorThoseInAnExtension) {
  Bytes l3 = error_about(make_tcp(kQuoted, Bytes(100)));
  l3[25] = 7;  // RFC 4884: 28 bytes are quoted; what follows is not
  const auto [verdict, packet] = parse_l3(l3);
  ASSERT_EQ(verdict, kForward);
  EXPECT_EQ(packet.quoted.transport.offset, 0);
  l3[25] = 32;
  EXPECT_NE(parse_l3(l3).packet.quoted.transport.offset, 0);
}

TEST(IcmpErrorParse, R30_EthernetPaddingIsNotQuoted) {
  const Bytes tcp = make_tcp(kQuoted, {});
  Bytes frame = test::frame_of(error_about({tcp.begin(), tcp.begin() + 28}));
  frame.resize(frame.size() + 26, 0xee);
  ParsedPacket packet{};
  ASSERT_EQ(parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())},
                  {.mac = {}, .any_unicast_mac = true}, packet),
            kForward);
  EXPECT_EQ(packet.quoted.transport.offset, 0);
}

TEST(IcmpErrorParse, R35_H13_NestedErrors) {
  const Bytes inner =
      error_about(make_udp(kQuoted, {}), {.source = "172.31.1.10", .destination = "192.168.7.20"});
  EXPECT_EQ(parse_l3(error_about(inner)).verdict, kIcmpErrorNested);
  const Bytes three = error_about(error_about(inner, {.source = "172.31.1.10"}));
  EXPECT_EQ(parse_l3(three).verdict, kIcmpErrorNested);
  // A quoted query is no error.
  EXPECT_EQ(parse_l3(error_about(make_icmp(kQuoted, 8, Bytes(8)))).verdict, kForward);
}

TEST(IcmpErrorParse, R36_AQuotedLaterFragmentHasNoTransportHeader) {
  PacketSpec quoted = kQuoted;
  quoted.fragment = 0x0005;
  const auto [verdict, packet] = parse_l3(error_about(make_udp(quoted, Bytes(40))));
  EXPECT_EQ(verdict, kForward);
  EXPECT_EQ(packet.quoted.transport.offset, 0);
}

TEST(IcmpErrorParse, R37_FragmentedErrors) {
  PacketSpec outer = kOuter;
  outer.fragment = 0x2000;
  EXPECT_EQ(parse_l3(error_about(make_udp(kQuoted, Bytes(12)), outer)).verdict,
            kIcmpErrorFragmented);
}

TEST(IcmpErrorParse, H13_ShortQuotes) {
  const Bytes udp = make_udp(kQuoted, {});
  for (const std::size_t length : {0U, 1U, 19U}) {
    EXPECT_EQ(parse_l3(error_about({udp.begin(), udp.begin() + static_cast<long>(length)})).verdict,
              kIcmpErrorQuoteBad);
  }
  for (const std::size_t length : {20U, 27U, 28U}) {
    EXPECT_EQ(parse_l3(error_about({udp.begin(), udp.begin() + static_cast<long>(length)})).verdict,
              kForward);
  }
}

TEST(IcmpErrorParse, H13_LyingInnerHeaders) {
  for (const unsigned first : {0x65U, 0x05U, 0x40U, 0x44U, 0x4fU}) {
    Bytes quote = make_udp(kQuoted, {});
    quote[0] = static_cast<std::uint8_t>(first);
    EXPECT_EQ(parse_l3(error_about(quote)).verdict, kIcmpErrorQuoteBad) << first;
  }
  for (const std::uint16_t length : {std::uint16_t{0}, std::uint16_t{19}, std::uint16_t{0xffff}}) {
    Bytes quote = make_udp(kQuoted, {});
    test::write16(quote, 2, length);
    test::fix_ip_checksum(quote);
    const auto [verdict, packet] = parse_l3(error_about(quote));
    EXPECT_EQ(verdict, kForward);
    EXPECT_EQ(packet.quoted.transport.offset != 0, length == 0xffff);
  }
}

TEST(IcmpErrorParse, H13_AnInnerChecksumOnTheLastQuotedByte) {
  const Bytes udp = make_udp(kQuoted, Bytes(20));
  const Bytes quote(udp.begin(), udp.begin() + 28);
  EXPECT_EQ(parse_l3(error_about(quote)).packet.quoted.transport.offset, 14 + 20 + 8 + 26);
}

TEST(IcmpErrorParse, R27_ABadQuotedHeaderChecksumIsNoticed) {
  Bytes quote = make_udp(kQuoted, {});
  EXPECT_FALSE(parse_l3(error_about(quote)).packet.quoted.checksum_bad);
  quote[10] ^= 1;
  EXPECT_TRUE(parse_l3(error_about(quote)).packet.quoted.checksum_bad);
}

}  // namespace
}  // namespace natto
