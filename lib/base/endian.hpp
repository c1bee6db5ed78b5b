#pragma once

// Integers as they lie in a packet.
//
// A BigEndian<T> is the bytes of an integer in network order. It converts to and from a host
// integer only by name, so a forgotten byte swap does not compile. It is packed, so its alignment
// is 1 and a struct made of these may overlay any byte of a packet.

#include <array>
#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace natto {

static_assert(std::endian::native == std::endian::little ||
              std::endian::native == std::endian::big);

/// Reverses the bytes of `value`.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T byte_swap(T value) noexcept {
  if constexpr (sizeof(T) == 2) {
    return __builtin_bswap16(value);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(value);
  } else {
    static_assert(sizeof(T) == 8);
    return __builtin_bswap64(value);
  }
}

template <std::unsigned_integral T>
class [[gnu::packed]] BigEndian {
 public:
  BigEndian() = default;

  [[nodiscard]] static constexpr BigEndian from_host(T value) noexcept {
    return from_raw(std::endian::native == std::endian::little ? byte_swap(value) : value);
  }

  /// `raw` holds the network-order bytes as a machine word.
  [[nodiscard]] static constexpr BigEndian from_raw(T raw) noexcept {
    BigEndian out;
    out.raw_ = raw;
    return out;
  }

  [[nodiscard]] constexpr T host() const noexcept {
    return std::endian::native == std::endian::little ? byte_swap(raw()) : raw();
  }

  /// The network-order bytes as a machine word: what hash keys and checksums work on.
  [[nodiscard]] constexpr T raw() const noexcept { return raw_; }

  friend constexpr bool operator==(BigEndian a, BigEndian b) noexcept { return a.raw() == b.raw(); }

 private:
  T raw_;
};

using Be16 = BigEndian<std::uint16_t>;
using Be32 = BigEndian<std::uint32_t>;

static_assert(sizeof(Be16) == 2 && alignof(Be16) == 1);
static_assert(sizeof(Be32) == 4 && alignof(Be32) == 1);

}  // namespace natto
