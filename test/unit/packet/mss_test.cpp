#include "packet/mss.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;

constexpr std::size_t kOptions = 40;  ///< where they begin in a packet of syn_with()
constexpr std::size_t kChecksum = 36;

/// An IPv4 packet with a SYN with `options`, a multiple of 4 bytes, and some data.
Bytes syn_with(const Bytes& options) {
  Bytes rest = options;
  rest.insert(rest.end(), {'d', 'a', 't', 'a'});
  Bytes l3 = test::make_tcp({}, rest);
  l3[32] = static_cast<std::uint8_t>((20 + options.size()) / 4 << 4);
  test::write16(l3, kChecksum, test::reference_transport_checksum(l3, 16));
  return l3;
}

Bytes clamped(Bytes l3, std::uint16_t largest) {
  clamp_mss(std::span(l3).subspan(20), largest);
  return l3;
}

/// `l3` with the 16-bit value at `at` changed, and a right checksum.
Bytes with_value(Bytes l3, std::size_t at, std::uint16_t value) {
  test::write16(l3, at, value);
  test::write16(l3, kChecksum, test::reference_transport_checksum(l3, 16));
  return l3;
}

PortRules port(std::uint16_t mtu, std::optional<std::uint16_t> clamp = {}) {
  return {.address = {}, .mtu = mtu, .mss_clamp = clamp};
}

TEST(Mss, R41_WhatBothMtusCarryIfEitherPortClamps) {
  constexpr std::uint16_t kAuto = 65'535;
  EXPECT_EQ(largest_mss(port(9001), port(1500)), std::nullopt);
  EXPECT_EQ(largest_mss(port(9001, kAuto), port(1500)), 1460);
  EXPECT_EQ(largest_mss(port(9001), port(1500, kAuto)), 1460);
  EXPECT_EQ(largest_mss(port(1500), port(9001, kAuto)), 1460);
  EXPECT_EQ(largest_mss(port(9001, kAuto), port(8500, kAuto)), 8460);
  EXPECT_EQ(largest_mss(port(9001, 1360), port(1500)), 1360);
  EXPECT_EQ(largest_mss(port(9001, 1360), port(1500, 1200)), 1200);
  EXPECT_EQ(largest_mss(port(9001, 1360), port(1500, kAuto)), 1360);
  EXPECT_EQ(largest_mss(port(1300, 1360), port(1500)), 1260);
  EXPECT_EQ(largest_mss(port(68, kAuto), port(68)), 28);
}

TEST(Mss, OnlySynsAreOfInterest) {
  Bytes l3 = test::make_tcp({}, {});
  for (unsigned flags = 0; flags < 256; ++flags) {
    l3[33] = static_cast<std::uint8_t>(flags);
    EXPECT_EQ(is_syn(std::span(l3).subspan(20)), (flags & 2U) != 0);
  }
}

TEST(Mss, R41_LoweredWhereverTheOptionLies) {
  for (std::size_t before = 0; before <= 36; ++before) {
    Bytes options(before, 1);
    options.insert(options.end(), {2, 4, 0x23, 0x05});  // 8965
    options.resize((options.size() + 3) / 4 * 4);
    const Bytes l3 = syn_with(options);
    EXPECT_TRUE(test::same_bytes(with_value(l3, kOptions + before + 2, 1460), clamped(l3, 1460)));
  }
}

TEST(Mss, R41_TheChecksumEqualsAFullRecompute) {
  std::mt19937 random(1);
  const auto any = [&random] { return static_cast<std::uint16_t>(random()); };
  for (int i = 0; i < 200'000; ++i) {
    const std::size_t before = random() % 2;
    Bytes options(before, 1);
    options.insert(options.end(), {2, 4, 0, 0, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    options.resize(16);
    const std::uint16_t mss = any();
    const std::uint16_t largest = any();
    test::write16(options, before + 2, mss);
    test::write16(options, before + 6, any());
    const Bytes l3 = syn_with(options);
    ASSERT_TRUE(test::same_bytes(with_value(l3, kOptions + before + 2, std::min(mss, largest)),
                                 clamped(l3, largest)))
        << mss << " to " << largest;
  }
}

TEST(Mss, R41_NeverRaisedNorAdded) {
  for (const Bytes& options : {Bytes{}, Bytes{2, 4, 0x05, 0xb4}, Bytes{2, 4, 0, 0},
                               Bytes{1, 1, 8, 10, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}}) {
    const Bytes l3 = syn_with(options);
    EXPECT_TRUE(test::same_bytes(l3, clamped(l3, 1460)));
  }
}

TEST(Mss, R41_MoreThanOneOptionIsLowered) {
  const Bytes l3 = syn_with({2, 4, 0x23, 0x05, 1, 2, 4, 0x22, 0x05, 0, 0, 0});
  const Bytes first = with_value(l3, kOptions + 2, 1460);
  EXPECT_TRUE(test::same_bytes(with_value(first, kOptions + 7, 1460), clamped(l3, 1460)));
}

TEST(Mss, R41_MalformedOptionsAreLeftAlone) {
  for (const std::string_view options : {
           "02002305",          // no length
           "02012305",          // too short for itself
           "02032305",          // not the length of this option
           "0206230523050000",  // nor this
           "01022305",          // the value is where another's length would be
           "01010204",          // its value would lie behind the header
           "01010102",          // its length would
           "00042305 02042305",
           "0800ffff 02042305",
           "0801ffff 02042305",
           "0809ffff 02042305",
           "08ffffff 02042305",
       }) {
    const Bytes l3 = syn_with(test::from_hex(options));
    EXPECT_TRUE(test::same_bytes(l3, clamped(l3, 1460))) << options;
  }
  const Bytes l3 = syn_with(test::from_hex("02042305 08ffffff 02042305"));
  EXPECT_TRUE(test::same_bytes(with_value(l3, kOptions + 2, 1460), clamped(l3, 1460)));
}

TEST(Mss, R41_HeadersThatAreNotAllThereAreLeftAlone) {
  const Bytes l3 = syn_with(test::from_hex("02042305 01010101"));
  for (unsigned words = 0; words < 16; ++words) {
    Bytes odd = l3;
    odd[32] = static_cast<std::uint8_t>(words << 4);
    // The segment has 32 bytes. The header may end behind the option and before the segment's end.
    EXPECT_EQ(test::same_bytes(odd, clamped(odd, 1460)), words < 6 || words > 8) << words;
  }
}

TEST(Mss, R3_R41_AWrongChecksumKeepsItsError) {
  for (std::size_t before = 0; before < 4; ++before) {
    Bytes options(before, 1);
    options.insert(options.end(), {2, 4, 0x23, 0x05});
    options.resize(8);
    const Bytes good = syn_with(options);
    Bytes bad = good;
    bad.back() ^= 0x10;  // damaged in transit, after the sender made its checksum
    Bytes repaired = clamped(bad, 1460);
    repaired.back() ^= 0x10;
    EXPECT_TRUE(test::same_bytes(clamped(good, 1460), repaired));
  }
}

TEST(Mss, NothingBeyondTheSegmentIsReadOrWritten) {
  // In a buffer of exactly its size, for the sanitizer.
  std::mt19937 random(2);
  for (int i = 0; i < 200'000; ++i) {
    Bytes segment(20 + random() % 45);
    for (std::uint8_t& byte : segment) {
      byte = random() % 2 == 0 ? static_cast<std::uint8_t>(random() % 5)
                               : static_cast<std::uint8_t>(random());
    }
    Bytes after = segment;
    clamp_mss(after, 100);
    after[16] = segment[16];
    after[17] = segment[17];
    for (std::size_t at = 0; at < segment.size(); ++at) {
      const bool lowered =
          at >= 22 && (at < segment.size() - 1 && segment[at - 2] == 2 && segment[at - 1] == 4);
      const bool second = at >= 23 && segment[at - 3] == 2 && segment[at - 2] == 4;
      ASSERT_TRUE(lowered || second || after[at] == segment[at]) << test::to_hex(segment);
    }
  }
}

}  // namespace
}  // namespace natto
