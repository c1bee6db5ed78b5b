#include "packet/checksum_hint.hpp"

#include <gtest/gtest.h>

#include "packet/half_made.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using namespace std::chrono_literals;
using test::Bytes;

/// A frame of `l3`, whose transport checksum at `at` is no more than the pseudo-header's sum. In
/// the slow way: 16 bits after the other.
Bytes half_made(Bytes l3, std::size_t at) {
  std::uint32_t sum = l3[9] + static_cast<std::uint32_t>(l3.size() - 20);
  for (std::size_t i = 12; i < 20; i += 2) {
    sum += static_cast<std::uint32_t>(l3[i] << 8U) + l3[i + 1];
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + (sum >> 16);
  }
  test::write16(l3, at, static_cast<std::uint16_t>(sum));
  return l3;
}

Bytes frame(const Bytes& l3) {
  Bytes bytes(kIpv4Offset);
  bytes.insert(bytes.end(), l3.begin(), l3.end());
  return bytes;
}

TEST(HalfMadeChecksum, IsKnownForTcpAndUdp) {
  for (const std::string_view data : {"", "a", "odd", "some more data"}) {
    const Bytes payload(data.begin(), data.end());
    const Bytes tcp = test::make_tcp({}, payload);
    const Bytes udp = test::make_udp({.source = "255.255.255.254"}, payload);
    EXPECT_FALSE(is_checksum_half_made(frame(tcp)));
    EXPECT_FALSE(is_checksum_half_made(frame(udp)));
    EXPECT_TRUE(is_checksum_half_made(frame(half_made(tcp, 36))));
    EXPECT_TRUE(is_checksum_half_made(frame(half_made(udp, 26))));
  }
}

TEST(HalfMadeChecksum, OfUdpWithoutAChecksumAndOfOtherProtocolsThereIsNone) {
  Bytes udp = test::make_udp({}, Bytes(8));
  test::write16(udp, 26, 0);
  EXPECT_FALSE(is_checksum_half_made(frame(udp)));
  Bytes gre = half_made(test::make_packet({.protocol = 47, .payload = Bytes(20)}), 36);
  EXPECT_FALSE(is_checksum_half_made(frame(gre)));
}

TEST(ChecksumHint, ComesWithTheThirdOfAFewPacketsAndOnceAMinute) {
  ChecksumHint hint;
  EXPECT_FALSE(hint.step(7, 1'000'000, 0ms)) << "what was before";
  EXPECT_FALSE(hint.step(9, 1'000'010, 1'000ms));
  EXPECT_TRUE(hint.step(10, 1'000'020, 3'000ms));
  EXPECT_FALSE(hint.step(100, 1'000'110, 62'999ms));
  EXPECT_TRUE(hint.step(200, 1'000'210, 63'000ms));
}

TEST(ChecksumHint, DoesNotComeByChance) {
  ChecksumHint hint;
  for (std::uint64_t second = 0; second < 1'000; ++second) {
    // A busy port, where chance makes some; and one of a few packets each minute.
    EXPECT_FALSE(hint.step(second * 15, second * 1'000'000, Instant(1'000 * second)));
  }
  ChecksumHint quiet;
  for (std::uint64_t second = 0; second < 1'000; ++second) {
    EXPECT_FALSE(quiet.step(second / 6, second, Instant(1'000 * second)));
  }
}

}  // namespace
}  // namespace natto
