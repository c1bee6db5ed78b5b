#include "packet/icmp_error.hpp"

#include <gtest/gtest.h>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::make_udp;

constexpr Ipv4Address kOwn = Ipv4Address::of(10, 1, 0, 1);

Bytes written(const IcmpError& error, const Bytes& quote) {
  Bytes out(kMaxIcmpErrorBytes);
  out.resize(write_icmp_error(error, quote, out));
  return out;
}

/// The same, from RFC 792 and RFC 1812 by hand.
Bytes expected(std::uint8_t type, std::uint8_t code, std::uint16_t mtu, const Bytes& quote) {
  Bytes message = {type, code, 0, 0, 0, 0, 0, 0};
  test::write16(message, 6, mtu);
  message.insert(message.end(), quote.begin(), quote.end());
  test::write16(message, 2, test::reference_checksum(message));
  return test::make_packet({.source = "10.1.0.1",
                            .destination = "10.1.1.10",
                            .protocol = 1,
                            .ttl = 64,
                            .tos = 0xc0,
                            .identification = 0,
                            .fragment = 0x4000,
                            .payload = message});
}

TEST(IcmpError, R14_TimeExceeded) {
  const Bytes packet = make_udp({.ttl = 1}, Bytes(5, 0x61));
  EXPECT_TRUE(test::same_bytes(
      expected(11, 0, 0, packet),
      written({.kind = icmp_error_for(DropReason::kTtlExpired).value(), .source = kOwn}, packet)));
}

TEST(IcmpError, R15_FragmentationNeededSaysTheNextHopMtu) {
  const Bytes packet = make_udp({}, Bytes(300, 0x62));
  EXPECT_TRUE(test::same_bytes(expected(3, 4, 1400, packet),
                               written({.kind = icmp_error_for(DropReason::kExceedsMtu).value(),
                                        .next_hop_mtu = 1400,
                                        .source = kOwn},
                                       packet)));
}

TEST(IcmpError, R24_AdministrativelyProhibited) {
  const Bytes packet = make_udp({}, Bytes(1));
  EXPECT_TRUE(test::same_bytes(
      expected(3, 13, 0, packet),
      written({.kind = icmp_error_for(DropReason::kSourceNotMapped).value(), .source = kOwn},
              packet)));
}

TEST(IcmpError, R20_TheLongestQuoteFills576Bytes) {
  Bytes packet = make_udp({}, Bytes(1400, 0x63));
  packet.resize(kMaxQuoteBytes);
  const Bytes error =
      written({.kind = icmp_error_for(DropReason::kTtlExpired).value(), .source = kOwn}, packet);
  EXPECT_EQ(error.size(), 576U);
  EXPECT_TRUE(test::same_bytes(expected(11, 0, 0, packet), error));
}

TEST(IcmpError, R18_MostDropsAreSilent) {
  std::size_t told = 0;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    told += icmp_error_for(static_cast<DropReason>(i)).has_value() ? 1U : 0U;
  }
  EXPECT_EQ(told, 6U);
}

TEST(IcmpError, R18_NeverAboutErrorsOrLaterFragments) {
  ParsedPacket packet{};
  EXPECT_TRUE(may_be_answered(packet));
  packet.later_fragment = true;
  EXPECT_FALSE(may_be_answered(packet));
  packet.later_fragment = false;
  packet.quoted.ip_offset = 42;
  EXPECT_FALSE(may_be_answered(packet));
}

}  // namespace
}  // namespace natto
