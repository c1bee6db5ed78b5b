#pragma once

// The Internet checksum (RFC 1071), and how it is kept right when a few words change (RFC 1624).
//
// All sums are over machine words that hold network-order bytes: the one's-complement sum does not
// depend on byte order (RFC 1071 §2B), so nothing is swapped.

#include <cstdint>
#include <cstring>
#include <span>

#include "base/endian.hpp"

namespace natto {

/// What replacing some words adds to the one's-complement sum: sum(~old + new). Deltas of
/// independent replacements add up. Never zero unless made from no replacement at all.
struct ChecksumDelta {
  std::uint16_t raw = 0;

  friend constexpr bool operator==(ChecksumDelta, ChecksumDelta) = default;
};

/// One's-complement addition of two 16-bit words.
[[nodiscard]] constexpr std::uint16_t ones_add(std::uint16_t a, std::uint16_t b) noexcept {
  const auto sum = static_cast<std::uint16_t>(a + b);
  return static_cast<std::uint16_t>(sum + (sum < a ? 1 : 0));
}

[[nodiscard]] constexpr ChecksumDelta operator+(ChecksumDelta a, ChecksumDelta b) noexcept {
  return {ones_add(a.raw, b.raw)};
}

/// The delta of replacing `before` by `after`.
[[nodiscard]] constexpr ChecksumDelta checksum_delta(Be16 before, Be16 after) noexcept {
  return {ones_add(static_cast<std::uint16_t>(~before.raw()), after.raw())};
}
[[nodiscard]] constexpr ChecksumDelta checksum_delta(Be32 before, Be32 after) noexcept {
  const auto low = [](std::uint32_t word) { return static_cast<std::uint16_t>(word); };
  const std::uint32_t out = ~before.raw();
  const std::uint32_t in = after.raw();
  return {ones_add(ones_add(low(out), low(out >> 16)), ones_add(low(in), low(in >> 16)))};
}

/// The delta of decrementing the TTL byte, whatever it and the protocol byte beside it hold.
inline constexpr ChecksumDelta kTtlDecrementDelta{Be16::from_host(0xfeff).raw()};

/// `checksum` after the words it covers changed by `delta`: RFC 1624 eqn. 3, HC' = ~(~HC + delta).
/// That is HC - delta, bit for bit, if a borrow goes round. What was wrong before stays wrong by
/// the same amount.
[[nodiscard]] constexpr std::uint16_t adjusted(std::uint16_t checksum,
                                               ChecksumDelta delta) noexcept {
  const auto difference = static_cast<std::uint16_t>(checksum - delta.raw);
  return static_cast<std::uint16_t>(difference - (checksum < delta.raw ? 1 : 0));
}
[[nodiscard]] constexpr Be16 adjusted(Be16 checksum, ChecksumDelta delta) noexcept {
  return Be16::from_raw(adjusted(checksum.raw(), delta));
}

/// A transport checksum after a change of the addresses it covers. R4: where zero means that there
/// is none, as in UDP, 0 stays 0 and a computed 0 becomes ffff (RFC 768).
[[nodiscard]] constexpr Be16 adjusted_transport(Be16 checksum, bool zero_means_none,
                                                ChecksumDelta delta) noexcept {
  const Be16 sum = adjusted(checksum, delta);
  if (checksum.raw() == 0 || sum.raw() == 0) [[unlikely]] {
    if (zero_means_none) {
      return Be16::from_raw(checksum.raw() == 0 ? 0 : 0xffff);
    }
  }
  return sum;
}

/// The one's-complement sum of `bytes`, continuing from `sum`; an odd last byte counts as if a zero
/// followed. A header that holds its own right checksum sums to 0xffff.
[[nodiscard]] inline std::uint16_t ones_sum(std::span<const std::uint8_t> bytes,
                                            std::uint16_t sum = 0) noexcept {
  std::uint64_t total = sum;
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    total += word;
  }
  std::uint32_t tail = 0;
  if (i < bytes.size()) {
    std::memcpy(&tail, bytes.data() + i, bytes.size() - i);
  }
  total += tail;
  total = (total & 0xffffffff) + (total >> 32);
  for (int fold = 0; fold < 3; ++fold) {  // 33 bits, 18, 17, 16
    total = (total & 0xffff) + (total >> 16);
  }
  return static_cast<std::uint16_t>(total);
}

/// Not 0 if the 16-bit words of a header of five 32-bit words do not add up to ffff (RFC 1071).
/// `Word` is a 32-bit integer, or a vector of them. The bytes are in network order.
// The sum is that of all upper halves, and of the lower ones, which are what is left of the whole.
// It is 0 modulo ffff, and not 0, if its own halves add up to that.
template <typename Word>
[[nodiscard]] constexpr Word header_sum_error(const Word& a, const Word& b, const Word& c,
                                              const Word& d, const Word& e) noexcept {
  const Word upper = (a >> 16U) + (b >> 16U) + (c >> 16U) + (d >> 16U) + (e >> 16U);
  const Word sum = a + b + c + d + e - (upper << 16U) + upper;
  return ((sum & 0xffff) + (sum >> 16U)) ^ 0xffff;
}

/// The checksum field for `bytes`, in which that field is zero (RFC 1071 §1).
[[nodiscard]] inline Be16 internet_checksum(std::span<const std::uint8_t> bytes) noexcept {
  return Be16::from_raw(static_cast<std::uint16_t>(~ones_sum(bytes)));
}

}  // namespace natto
