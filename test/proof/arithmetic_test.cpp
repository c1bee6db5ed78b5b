// The arithmetic of checksums, exhausted: all pairs of 16-bit words. Sums are taken modulo 65,535,
// where one's-complement addition is addition (doc/proof.md has the algebra that makes a
// translation of it).

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <random>

#include "packet/checksum.hpp"
#include "packet/plain.hpp"
#include "packet/translation.hpp"

namespace natto {
namespace {

constexpr std::uint32_t kWords = 1U << 16U;

constexpr std::uint32_t modulo(std::uint32_t value) { return value % 0xffff; }

/// All values of each half, beside some of the other.
TEST(Arithmetic, TheDeltaOfAnAddressIsThatOfItsHalves) {
  constexpr std::uint32_t kSome[] = {0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff};
  std::uint64_t wrong = 0;
  for (std::uint32_t half = 0; half < kWords; ++half) {
    for (const std::uint32_t a : kSome) {
      for (const std::uint32_t b : kSome) {
        for (const std::uint32_t before : {half << 16U | a, a << 16U | half}) {
          for (const std::uint32_t after : {b << 16U | a, half << 16U | b, b << 16U | half}) {
            const std::uint32_t delta =
                checksum_delta(Be32::from_raw(before), Be32::from_raw(after)).raw;
            wrong += static_cast<std::uint64_t>(
                modulo(modulo(before >> 16U) + modulo(before & 0xffff) + delta) !=
                modulo(modulo(after >> 16U) + modulo(after & 0xffff)));
          }
        }
      }
    }
  }
  EXPECT_EQ(wrong, 0U);
}

TEST(Arithmetic, OneOffTheTtlIsItsDelta) {
  for (std::uint32_t ttl = 1; ttl < 256; ++ttl) {
    for (std::uint32_t protocol = 0; protocol < 256; ++protocol) {
      const Be16 before = Be16::from_host(static_cast<std::uint16_t>(ttl << 8U | protocol));
      const Be16 after = Be16::from_host(static_cast<std::uint16_t>((ttl - 1) << 8U | protocol));
      ASSERT_EQ(modulo(before.raw() + std::uint32_t{kTtlDecrementDelta.raw}), modulo(after.raw()));
    }
  }
}

/// Zeros and ones in the places where the folding carries, and any bytes.
TEST(Arithmetic, TheSumOfBytesIsThatOfTheirWords) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same on every run
  for (int i = 0; i < 200'000; ++i) {
    std::array<std::uint8_t, 64> bytes{};
    const std::size_t size = random() % (bytes.size() + 1);
    const auto kind = random() % 3;
    for (std::size_t at = 0; at < size; ++at) {
      bytes[at] = static_cast<std::uint8_t>(kind == 0   ? 0xff
                                            : kind == 1 ? random() % 2 * 0xff
                                                        : random());
    }
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < size; at += 2) {
      sum += std::uint32_t{bytes[at]} << 8U | bytes[at + 1];
    }
    const std::uint32_t is = Be16::from_raw(ones_sum(std::span(bytes).first(size))).host();
    ASSERT_EQ(modulo(is), modulo(sum));
    ASSERT_EQ(is == 0, sum == 0);
  }
}

/// What lies behind an odd number of bytes counts 256 times, or by a byte that comes round.
TEST(Arithmetic, ASumWithItsBytesExchangedIsTheSumTimes256) {
  for (std::uint32_t sum = 0; sum < kWords; ++sum) {
    ASSERT_EQ(modulo(byte_swap(static_cast<std::uint16_t>(sum))), modulo(sum * 256));
  }
}

/// The delta of a prefix is that of each of its addresses, for prefixes of all lengths.
TEST(Arithmetic, AnAddressOfAPrefixKeepsItsHostBits) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same on every run
  for (std::uint8_t length = 0; length <= 32; ++length) {
    for (int i = 0; i < 20'000; ++i) {
      const auto any = [&] { return static_cast<std::uint32_t>(random()); };
      const std::uint32_t mask = prefix_mask(length);
      const std::uint32_t from = any() & mask;
      const std::uint32_t to = any() & mask;
      const std::uint32_t host = any() & ~mask;
      const Replacement made = Translation::of({Ipv4Address::from_host(from), length},
                                               {Ipv4Address::from_host(to), length}, 0, 0)
                                   .apply(Ipv4Address::from_host(from | host));
      ASSERT_EQ(made.address.host(), to | host);
      const std::uint32_t before = Be32::from_host(from | host).raw();
      const std::uint32_t after = made.address.bits.raw();
      ASSERT_EQ(modulo(modulo(before >> 16U) + modulo(before & 0xffff) + made.delta.raw),
                modulo(modulo(after >> 16U) + modulo(after & 0xffff)));
    }
  }
}

TEST(Arithmetic, OnesAddIsAdditionModulo65535) {
  std::uint64_t wrong = 0;
  for (std::uint32_t a = 0; a < kWords && wrong == 0; ++a) {
    for (std::uint32_t b = 0; b < kWords; ++b) {
      const std::uint32_t sum =
          ones_add(static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b));
      // Zero has two forms, and the one of a sum says whether there was anything to add.
      wrong += static_cast<std::uint64_t>(modulo(sum) != modulo(a + b)) |
               static_cast<std::uint64_t>((sum == 0) != ((a | b) == 0));
    }
  }
  EXPECT_EQ(wrong, 0U);
}

TEST(Arithmetic, AnAdjustedChecksumIsLessByTheDelta) {
  std::uint64_t wrong = 0;
  for (std::uint32_t checksum = 0; checksum < kWords && wrong == 0; ++checksum) {
    for (std::uint32_t delta = 0; delta < kWords; ++delta) {
      const std::uint32_t now = adjusted(static_cast<std::uint16_t>(checksum),
                                         ChecksumDelta{static_cast<std::uint16_t>(delta)});
      // ffff is never made of anything but ffff and no change: so UDP's ffff comes from a 0 alone.
      wrong += static_cast<std::uint64_t>(modulo(now + delta) != modulo(checksum)) |
               static_cast<std::uint64_t>(now == 0xffff && (checksum != 0xffff || delta != 0));
    }
  }
  EXPECT_EQ(wrong, 0U);
}

TEST(Arithmetic, ADeltaIsWhatReplacingAWordAdds) {
  std::uint64_t wrong = 0;
  for (std::uint32_t before = 0; before < kWords && wrong == 0; ++before) {
    for (std::uint32_t after = 0; after < kWords; ++after) {
      const std::uint32_t delta = checksum_delta(Be16::from_raw(static_cast<std::uint16_t>(before)),
                                                 Be16::from_raw(static_cast<std::uint16_t>(after)))
                                      .raw;
      wrong += static_cast<std::uint64_t>(modulo(before + delta) != modulo(after)) |
               static_cast<std::uint64_t>((delta == 0) != (before == 0xffff && after == 0));
    }
  }
  EXPECT_EQ(wrong, 0U);
}

TEST(Arithmetic, UdpSendsNoChecksumWhereThereWasNoneAndNowhereElse) {
  std::uint64_t wrong = 0;
  for (std::uint32_t checksum = 0; checksum < kWords && wrong == 0; ++checksum) {
    for (std::uint32_t delta = 0; delta < kWords; ++delta) {
      const std::uint32_t now =
          adjusted_transport(Be16::from_raw(static_cast<std::uint16_t>(checksum)), true,
                             ChecksumDelta{static_cast<std::uint16_t>(delta)})
              .raw();
      wrong += static_cast<std::uint64_t>((now == 0) != (checksum == 0)) |
               static_cast<std::uint64_t>(checksum != 0 && modulo(now + delta) != modulo(checksum));
    }
  }
  EXPECT_EQ(wrong, 0U);
}

// What the fast path asks of a header: of every sum that ten 16-bit words have, and of random
// words.
TEST(Arithmetic, AHeadersWordsAreRightIfTheyAddUpToNothingButZeros) {
  const auto error = [](const std::array<std::uint32_t, 10>& halves) {
    const auto word = [&](std::size_t i) { return halves[2 * i] | halves[2 * i + 1] << 16U; };
    return header_sum_error(word(0), word(1), word(2), word(3), word(4));
  };
  std::uint64_t wrong = 0;
  for (std::uint32_t sum = 0; sum <= 10 * (kWords - 1); ++sum) {
    std::array<std::uint32_t, 10> halves{};
    std::uint32_t left = sum;
    for (std::uint32_t& half : halves) {
      half = std::min(left, kWords - 1);
      left -= half;
    }
    wrong += static_cast<std::uint64_t>((error(halves) == 0) != (sum != 0 && modulo(sum) == 0));
  }
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same on every run
  for (int i = 0; i < 1'000'000; ++i) {
    std::array<std::uint32_t, 10> halves;
    std::ranges::generate(halves, [&] { return random() % kWords; });
    const std::uint32_t sum = std::accumulate(halves.begin(), halves.end(), 0U);
    halves[5] = (halves[5] + (i % 2 == 0 ? 0 : kWords - 1 - modulo(sum))) % kWords;  // often right
    wrong += static_cast<std::uint64_t>(
        (error(halves) == 0) != (modulo(std::accumulate(halves.begin(), halves.end(), 0U)) == 0));
  }
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace natto
