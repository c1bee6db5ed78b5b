#include "packet/parse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::from_hex;
using test::make_packet;
using test::make_tcp;
using test::make_udp;
using test::PacketSpec;
using enum DropReason;

constexpr FrameFilter kFilter{.mac = {{0x02, 0, 0, 0, 0, 1}}};
constexpr Verdict kForward = Verdict::forward();

Verdict parse_frame(const Bytes& frame, IpChecksum hint = IpChecksum::kUnknown) {
  ParsedPacket packet{};
  return parse(
      {.head = frame, .length = static_cast<std::uint32_t>(frame.size()), .ip_checksum = hint},
      kFilter, packet);
}

Verdict parse_l3(const Bytes& l3) { return parse_frame(test::frame_of(l3)); }

TEST(Parse, H1_FramesTooShortForEthernet) {
  for (std::size_t length = 0; length < 14; ++length) {
    EXPECT_EQ(parse_frame(Bytes(length)), kEthernetHeaderTruncated) << length;
  }
}

TEST(Parse, H1_StationAddresses) {
  Bytes frame = test::frame_of(make_udp({}, {}));
  frame[6] = 0x03;
  EXPECT_EQ(parse_frame(frame), kSourceMacMulticast);
  frame = test::frame_of(make_udp({}, {}));
  frame[5] = 0x77;
  EXPECT_EQ(parse_frame(frame), kDestinationMacNotOurs);
  ParsedPacket packet{};
  EXPECT_EQ(parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())},
                  {.mac = kFilter.mac, .any_unicast_mac = true}, packet),
            kForward);
}

TEST(Parse, R22_GroupFramesWithIpv4) {
  Bytes frame = test::frame_of(make_udp({}, {}));
  std::fill_n(frame.begin(), 6, std::uint8_t{0xff});
  EXPECT_EQ(parse_frame(frame), kDestinationMacGroup);
  frame[0] = 0x01;
  EXPECT_EQ(parse_frame(frame), kDestinationMacGroup);
}

TEST(Parse, H2_VlanTags) {
  for (const char* tags : {"8100 0064 0800", "8100 0000 0800", "88a8 0064 8100 0065 0800", "8100",
                           "9100 0001 0800", "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005"}) {
    Bytes frame = from_hex(std::string("020000000001 020000000002") + tags);
    EXPECT_EQ(parse_frame(frame), kVlanTagged) << tags;
  }
}

TEST(Parse, H3_OtherEthertypes) {
  EXPECT_EQ(parse_frame(from_hex("333300000001 020000000002 86dd 60")), kIpv6);
  EXPECT_EQ(parse_frame(from_hex("0180c200000e 020000000002 88cc 0207")), kEthertypeUnsupported);
  EXPECT_EQ(parse_frame(from_hex("0180c2000000 020000000002 0026 424203")), kEthertypeUnsupported);
  EXPECT_EQ(parse_frame(from_hex("ffffffffffff 020000000002 0806")), Verdict::arp());
}

TEST(Parse, R13_Truncation) {
  const Bytes frame = test::frame_of(make_udp({}, {}));
  for (std::size_t length = 14; length < 34; ++length) {
    EXPECT_EQ(parse_frame({frame.begin(), frame.begin() + static_cast<long>(length)}),
              kIpHeaderTruncated);
  }
  for (std::size_t length = 34; length < frame.size(); ++length) {
    EXPECT_EQ(parse_frame({frame.begin(), frame.begin() + static_cast<long>(length)}),
              kIpTotalLengthBeyondFrame);
  }
}

TEST(Parse, R13_H4_VersionAndLengths) {
  const Bytes good = make_udp({}, Bytes(20));
  for (const unsigned version : {0U, 5U, 6U, 15U}) {
    Bytes l3 = good;
    l3[0] = static_cast<std::uint8_t>(version << 4 | 5);
    EXPECT_EQ(parse_l3(l3), kIpVersionNot4) << version;
  }
  for (unsigned ihl = 0; ihl < 5; ++ihl) {
    Bytes l3 = good;
    l3[0] = static_cast<std::uint8_t>(0x40 | ihl);
    EXPECT_EQ(parse_l3(l3), kIpHeaderLengthTooSmall) << ihl;
  }
  const auto with_total_length = [&](std::uint16_t length) {
    Bytes l3 = good;
    test::write16(l3, 2, length);
    test::fix_ip_checksum(l3);
    return l3;
  };
  EXPECT_EQ(parse_l3(with_total_length(0)), kIpTotalLengthTooSmall);
  EXPECT_EQ(parse_l3(with_total_length(19)), kIpTotalLengthTooSmall);
  EXPECT_EQ(parse_l3(with_total_length(static_cast<std::uint16_t>(good.size() + 1))),
            kIpTotalLengthBeyondFrame);
  EXPECT_EQ(parse_l3(with_total_length(0xffff)), kIpTotalLengthBeyondFrame);
}

TEST(Parse, H4_LongHeaderWithoutItsBytes) {
  Bytes l3 = make_packet({.payload = {}});
  l3[0] = 0x4f;  // IHL 15, 20 bytes present
  EXPECT_EQ(parse_l3(l3), kIpTotalLengthTooSmall);
  test::write16(l3, 2, 60);
  EXPECT_EQ(parse_l3(l3), kIpTotalLengthBeyondFrame);
}

TEST(Parse, R13_H6_HeaderChecksum) {
  Bytes l3 = make_udp({}, {});
  l3[10] ^= 0x01;
  EXPECT_EQ(parse_l3(l3), kIpChecksumBad);
  EXPECT_EQ(parse_frame(test::frame_of(l3), IpChecksum::kGood), kForward);
}

TEST(Parse, H5_PaddingIsNotPartOfThePacket) {
  for (std::size_t padding = 1; padding <= 26; ++padding) {
    Bytes frame = test::frame_of(make_udp({}, {}));
    frame.insert(frame.end(), padding, 0xee);
    ParsedPacket packet{};
    EXPECT_EQ(
        parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())}, kFilter, packet),
        kForward);
    EXPECT_EQ(packet.total_length, 28);
  }
}

struct OptionsCase {
  const char* hex;
  Verdict verdict;
};

TEST(Parse, R23_H7_Options) {
  const OptionsCase cases[] = {
      {"01010101", kForward},                      // no-operations
      {"0101010101010101010101010101010101010101"  // forty of them
       "0101010101010101010101010101010101010101",
       kForward},
      {"00ffffff", kForward},  // end of list; what follows is padding
      {"01000000", kForward},
      {"5e04dead", kForward},  // unknown
      {"94040000", kForward},  // router alert
      {"01019404 00000000", kForward},
      {"5e000000", kIpOptionsMalformed},      // length 0
      {"5e010000", kIpOptionsMalformed},      // length 1
      {"5e050000", kIpOptionsMalformed},      // overrun
      {"0101015e", kIpOptionsMalformed},      // length byte missing
      {"83070400000000 00", kIpSourceRoute},  // LSRR
      {"89070400000000 00", kIpSourceRoute},  // SSRR
      {"01890704 00000000", kIpSourceRoute},
      {"07070400000000 00", kIpRecordRoute},
      {"44080500 00000000", kIpRecordRoute},  // timestamp
  };
  for (const OptionsCase& c : cases) {
    EXPECT_EQ(parse_l3(make_udp({.options = from_hex(c.hex)}, Bytes(4))), c.verdict) << c.hex;
  }
}

TEST(Parse, H8_TruncatedTransport) {
  const auto with_payload = [](std::uint8_t protocol, std::size_t length) {
    Bytes payload(length);
    if (protocol == 17 && length >= 8) {
      test::write16(payload, 4, static_cast<std::uint16_t>(length));
    }
    return parse_l3(make_packet({.protocol = protocol, .payload = payload}));
  };
  const std::pair<std::uint8_t, std::size_t> headers[] = {
      {6, 20}, {17, 8}, {136, 8}, {33, 12}, {1, 8}};
  for (const auto& [protocol, header] : headers) {
    for (std::size_t length = 0; length < header; ++length) {
      EXPECT_EQ(with_payload(protocol, length), kL4HeaderTruncated) << +protocol << " " << length;
    }
    EXPECT_EQ(with_payload(protocol, header), kForward) << +protocol;
  }
  for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{2, 4, 47, 50, 132, 253}) {
    EXPECT_EQ(with_payload(protocol, 0), kForward) << +protocol;
  }
}

TEST(Parse, H8_UdpLength) {
  const auto with_length = [](std::uint16_t length, std::uint16_t fragment) {
    Bytes l3 = make_udp({.fragment = fragment}, Bytes(8));
    test::write16(l3, 24, length);
    return parse_l3(l3);
  };
  EXPECT_EQ(with_length(0, 0), kUdpLengthBad);
  EXPECT_EQ(with_length(7, 0), kUdpLengthBad);
  EXPECT_EQ(with_length(8, 0), kForward);
  EXPECT_EQ(with_length(16, 0), kForward);
  EXPECT_EQ(with_length(17, 0), kUdpLengthBad);
  EXPECT_EQ(with_length(17, 0x2000), kForward);  // a first fragment: the rest follows
  EXPECT_EQ(with_length(7, 0x2000), kUdpLengthBad);
}

TEST(Parse, H9_TinyFragments) {
  EXPECT_EQ(parse_l3(make_udp({.fragment = 0x2000}, {})), kForward);
  for (const std::size_t length : {8U, 16U}) {
    EXPECT_EQ(parse_l3(make_packet({.protocol = 6, .fragment = 0x2000, .payload = Bytes(length)})),
              kTcpFragmentTiny);
  }
  EXPECT_EQ(parse_l3(make_packet({.protocol = 6, .fragment = 0x2000, .payload = Bytes(24)})),
            kForward);
  EXPECT_EQ(parse_l3(make_packet({.protocol = 6, .fragment = 0x0001, .payload = Bytes(40)})),
            kTcpFragmentTiny);
  EXPECT_EQ(parse_l3(make_packet({.protocol = 17, .fragment = 0x0001, .payload = Bytes(40)})),
            kForward);
}

TEST(Parse, H10_FragmentArithmetic) {
  EXPECT_EQ(parse_l3(make_packet({.fragment = 0x1fff, .payload = Bytes(8)})), kFragmentBeyond64k);
  // Offset 65,504 and the header leave room for eleven bytes.
  EXPECT_EQ(parse_l3(make_packet({.fragment = 0x1ffc, .payload = Bytes(11)})), kForward);
  EXPECT_EQ(parse_l3(make_packet({.fragment = 0x1ffc, .payload = Bytes(12)})), kFragmentBeyond64k);
  EXPECT_EQ(parse_l3(make_packet({.fragment = 0x2010, .payload = Bytes(13)})), kFragmentLengthBad);
  EXPECT_EQ(parse_l3(make_packet({.fragment = 0x0010, .payload = Bytes(13)})), kForward);
}

TEST(Parse, R11_TheReservedBitPasses) {
  EXPECT_EQ(parse_l3(make_udp({.fragment = 0x8000}, Bytes(4))), kForward);
}

TEST(Parse, R10_EveryTosPasses) {
  for (unsigned tos = 0; tos < 256; ++tos) {
    EXPECT_EQ(parse_l3(make_udp({.tos = static_cast<std::uint8_t>(tos)}, {})), kForward);
  }
}

TEST(Parse, R5_WhichChecksumsCoverTheAddresses) {
  const auto offset_of = [](std::uint8_t protocol, std::uint16_t fragment) {
    Bytes payload(40);
    test::write16(payload, 4, 40);
    const Bytes frame = test::frame_of(
        make_packet({.protocol = protocol, .fragment = fragment, .payload = payload}));
    ParsedPacket packet{};
    EXPECT_EQ(
        parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())}, kFilter, packet),
        kForward);
    return packet.transport.offset;
  };
  EXPECT_EQ(offset_of(6, 0), 14 + 20 + 16);
  EXPECT_EQ(offset_of(17, 0), 14 + 20 + 6);
  EXPECT_EQ(offset_of(136, 0), 14 + 20 + 6);
  EXPECT_EQ(offset_of(33, 0), 14 + 20 + 6);
  for (const std::uint8_t protocol :
       std::initializer_list<std::uint8_t>{1, 2, 4, 47, 50, 132, 253}) {
    EXPECT_EQ(offset_of(protocol, 0), 0) << +protocol;
  }
  EXPECT_EQ(offset_of(6, 0x2000), 14 + 20 + 16);
  EXPECT_EQ(offset_of(6, 0x0005), 0);
  EXPECT_EQ(offset_of(17, 0x2005), 0);
}

TEST(Parse, R5_AuthenticationHeaderIsRefused) {
  EXPECT_EQ(parse_l3(make_packet({.protocol = 51, .payload = Bytes(24)})), kAuthenticationHeader);
}

TEST(Parse, H8_NothingBeyondTheHeadIsRead) {
  // The head alone, in a buffer of its own size, so that a sanitizer sees any read beyond it.
  for (const Bytes& l3 :
       {make_tcp({}, Bytes(1400)), make_udp({.options = Bytes(40, 1)}, Bytes(1400)),
        make_tcp({.options = Bytes(40, 1)}, Bytes(1400))}) {
    const Bytes frame = test::frame_of(l3);
    const Bytes head(frame.begin(), frame.begin() + kHeadBytes);
    ParsedPacket packet{};
    EXPECT_EQ(
        parse({.head = head, .length = static_cast<std::uint32_t>(frame.size())}, kFilter, packet),
        kForward);
  }
}

}  // namespace
}  // namespace natto
