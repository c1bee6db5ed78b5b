#include "packet/checksum.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/bytes.hpp"
#include "support/reference.hpp"

namespace natto {
namespace {

using test::Bytes;

Be32 be32_at(const Bytes& bytes, std::size_t at) {
  return Be32::from_host(static_cast<std::uint32_t>(test::read16(bytes, at)) << 16 |
                         test::read16(bytes, at + 2));
}

TEST(Checksum, R2_IncrementalEqualsFullRecomputeOverAMillionCases) {
  std::mt19937_64 random(20260101);
  Bytes bytes(20);
  for (int i = 0; i < 1'000'000; ++i) {
    for (std::uint8_t& byte : bytes) {
      // Many zeros and ones, where one's-complement arithmetic has its corners.
      const auto draw = static_cast<std::uint8_t>(random());
      byte = draw < 64 ? 0x00 : draw < 128 ? 0xff : static_cast<std::uint8_t>(random());
    }
    bytes[0] = 0x45;
    test::write16(bytes, 10, 0);
    const Be16 before = Be16::from_host(test::reference_checksum(bytes));
    const Be32 old_word = be32_at(bytes, 12);

    const auto replacement = static_cast<std::uint32_t>(random());
    test::write16(bytes, 12, static_cast<std::uint16_t>(replacement >> 16));
    test::write16(bytes, 14, static_cast<std::uint16_t>(replacement));
    const Be16 after = adjusted(before, checksum_delta(old_word, Be32::from_host(replacement)));
    ASSERT_EQ(after.host(), test::reference_checksum(bytes)) << "case " << i;
  }
}

TEST(Checksum, DeltasAddUp) {
  const ChecksumDelta source =
      checksum_delta(Be32::from_host(0x0a01010a), Be32::from_host(0xac1f010a));
  const ChecksumDelta destination =
      checksum_delta(Be32::from_host(0xac1e0714), Be32::from_host(0xc0a80714));
  // The fixture of the conformance vectors: the delta of the A-to-B rewrite is 0xb6a8.
  EXPECT_EQ(Be16::from_raw((source + destination).raw).host(), 0xb6a8);
}

TEST(Checksum, TtlDecrementIsTheSameForEveryTtlAndProtocol) {
  for (unsigned ttl = 1; ttl < 256; ++ttl) {
    for (unsigned protocol = 0; protocol < 256; ++protocol) {
      const auto before = static_cast<std::uint16_t>(ttl << 8 | protocol);
      const auto after = static_cast<std::uint16_t>((ttl - 1) << 8 | protocol);
      const ChecksumDelta exact = checksum_delta(Be16::from_host(before), Be16::from_host(after));
      ASSERT_EQ(exact, kTtlDecrementDelta) << ttl << " " << protocol;
    }
  }
}

TEST(Checksum, SumsAnyLengthAndAlignment) {
  std::mt19937 random(7);
  for (std::size_t length = 0; length < 100; ++length) {
    Bytes bytes(length);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random());
    }
    EXPECT_EQ(internet_checksum(bytes).host(), test::reference_checksum(bytes)) << length;
  }
}

TEST(Checksum, AHeaderWithItsOwnChecksumSumsToFfff) {
  const Bytes header = test::from_hex("450000281234400040066a5f0a01010aac1e0714");
  EXPECT_EQ(ones_sum(header), 0xffff);
}

}  // namespace
}  // namespace natto
