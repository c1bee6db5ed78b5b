#include "explain/described_packet.hpp"

#include <gtest/gtest.h>

#include "packet/protocol_names.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;

DescribedPacket described(std::uint8_t protocol) {
  return {.source = Ipv4Address::of(10, 1, 1, 10),
          .destination = Ipv4Address::of(172, 30, 7, 20),
          .protocol = protocol};
}

Bytes l3_of(const DescribedPacket& packet) { return test::l3_of(frame_of(packet)); }

TEST(DescribedPacket, IsAWholePacketWithRightChecksums) {
  for (const auto& [protocol, checksum_at] : {std::pair{6, 16}, {17, 6}, {136, 6}}) {
    DescribedPacket packet = described(static_cast<std::uint8_t>(protocol));
    packet.source_port = 40000;
    packet.destination_port = 443;
    packet.length = 61;
    Bytes l3 = l3_of(packet);
    ASSERT_EQ(l3.size(), 61U);
    EXPECT_EQ(test::read16(l3, 20), 40000) << protocol;
    EXPECT_EQ(test::read16(l3, 22), 443) << protocol;
    const auto at = static_cast<std::size_t>(20 + checksum_at);
    const std::uint16_t written = test::read16(l3, at);
    test::write16(l3, at, 0);
    EXPECT_EQ(written,
              test::reference_transport_checksum(l3, static_cast<std::size_t>(checksum_at)))
        << protocol;
    const Bytes before = l3;
    test::fix_ip_checksum(l3);
    EXPECT_TRUE(test::same_bytes(before, l3)) << protocol;
  }
}

TEST(DescribedPacket, AnIcmpErrorQuotesAPacketTheOtherWayRound) {
  DescribedPacket packet = described(1);
  packet.icmp_type = 3;
  packet.length = least_bytes(packet);
  const Bytes l3 = l3_of(packet);
  Bytes message(l3.begin() + 20, l3.end());
  const std::uint16_t written = test::read16(message, 2);
  test::write16(message, 2, 0);
  EXPECT_EQ(written, test::reference_checksum(message));
  const Bytes quoted(message.begin() + 8, message.end());
  EXPECT_TRUE(test::same_bytes(Bytes(l3.begin() + 12, l3.begin() + 16),
                               Bytes(quoted.begin() + 16, quoted.begin() + 20)));
  EXPECT_TRUE(test::same_bytes(Bytes(l3.begin() + 16, l3.begin() + 20),
                               Bytes(quoted.begin() + 12, quoted.begin() + 16)));
}

TEST(DescribedPacket, TcpFlagsAreTcpdumpsLetters) {
  EXPECT_EQ(parse_tcp_flags("SA"), 0x12);
  EXPECT_EQ(parse_tcp_flags("S."), 0x12);
  EXPECT_EQ(parse_tcp_flags(""), 0);
  EXPECT_FALSE(parse_tcp_flags("SX"));
  EXPECT_EQ(tcp_flags_name(0x12), "S.");
  EXPECT_EQ(tcp_flags_name(0), "none");
}

TEST(DescribedPacket, ProtocolsHaveNamesAndNumbers) {
  EXPECT_EQ(parse_protocol("tcp"), 6);
  EXPECT_EQ(parse_protocol("99"), 99);
  EXPECT_FALSE(parse_protocol("256"));
  EXPECT_FALSE(parse_protocol("tcpx"));
  EXPECT_EQ(protocol_name(17), "udp");
  EXPECT_EQ(protocol_name(99), "protocol 99");
}

}  // namespace
}  // namespace natto
