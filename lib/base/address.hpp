#pragma once

// IPv4 addresses, IPv4 prefixes and MAC addresses: the value types of the tables, and how they
// are read from text and printed.

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/endian.hpp"

namespace natto {

/// An IPv4 address as it lies in a packet. Ordered numerically (10.0.0.2 < 10.0.0.10).
struct Ipv4Address {
  Be32 bits;

  [[nodiscard]] static constexpr Ipv4Address from_host(std::uint32_t value) noexcept {
    return {Be32::from_host(value)};
  }
  [[nodiscard]] static constexpr Ipv4Address of(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                                                std::uint8_t d) noexcept {
    return from_host(static_cast<std::uint32_t>(a) << 24 | static_cast<std::uint32_t>(b) << 16 |
                     static_cast<std::uint32_t>(c) << 8 | d);
  }

  /// The address as a host integer: 10.0.0.1 is 0x0a000001.
  [[nodiscard]] constexpr std::uint32_t host() const noexcept { return bits.host(); }

  friend constexpr bool operator==(Ipv4Address, Ipv4Address) = default;
  friend constexpr auto operator<=>(Ipv4Address a, Ipv4Address b) noexcept {
    return a.host() <=> b.host();
  }
};
static_assert(sizeof(Ipv4Address) == 4);

/// The network mask of a prefix length 0..32, as a host integer.
[[nodiscard]] constexpr std::uint32_t prefix_mask(unsigned length) noexcept {
  return length == 0 ? 0U : ~std::uint32_t{0} << (32U - length);
}

/// An address with a prefix length, host bits kept: "10.33.1.124/28" as an interface has it.
/// As a table entry the host bits are zero, and a single host is a /32.
struct Ipv4Prefix {
  Ipv4Address address;
  std::uint8_t length = 32;  ///< bits, 0..32

  [[nodiscard]] constexpr std::uint32_t mask() const noexcept { return prefix_mask(length); }
  [[nodiscard]] constexpr Ipv4Address first() const noexcept {
    return Ipv4Address::from_host(address.host() & mask());
  }
  [[nodiscard]] constexpr Ipv4Address last() const noexcept {
    return Ipv4Address::from_host(address.host() | ~mask());
  }
  /// How many: 1 to 2^32.
  [[nodiscard]] constexpr std::uint64_t addresses() const noexcept {
    return std::uint64_t{1} << (32U - length);
  }
  [[nodiscard]] constexpr bool contains(Ipv4Address other) const noexcept {
    return ((other.host() ^ address.host()) & mask()) == 0;
  }
  [[nodiscard]] constexpr bool overlaps(const Ipv4Prefix& other) const noexcept {
    return ((other.address.host() ^ address.host()) & mask() & other.mask()) == 0;
  }
  /// The address of this network with the host bits of `other`, as a prefix mapping has it.
  [[nodiscard]] constexpr Ipv4Address with_host_bits_of(Ipv4Address other) const noexcept {
    return Ipv4Address::from_host((address.host() & mask()) | (other.host() & ~mask()));
  }
  [[nodiscard]] constexpr bool has_host_bits() const noexcept {
    return (address.host() & ~mask()) != 0;
  }

  friend constexpr bool operator==(const Ipv4Prefix&, const Ipv4Prefix&) = default;
};

/// A 48-bit Ethernet address (IEEE 802).
struct MacAddress {
  std::array<std::uint8_t, 6> bytes;

  /// Group bit set: multicast or broadcast.
  [[nodiscard]] constexpr bool is_group() const noexcept { return (bytes[0] & 1U) != 0; }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return *this == MacAddress{}; }

  friend constexpr bool operator==(const MacAddress& a, const MacAddress& b) noexcept {
    // In registers: comparing arrays is a call of memcmp.
    using Words = std::array<std::uint16_t, 3>;
    const auto x = std::bit_cast<Words>(a.bytes);
    const auto y = std::bit_cast<Words>(b.bytes);
    return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
  }
};
inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/// "10.0.0.1": four decimal parts, no leading zeros, nothing before or after.
[[nodiscard]] std::optional<Ipv4Address> parse_ipv4_address(std::string_view text) noexcept;
/// "10.0.0.0/8", or an address alone for a /32. Host bits are kept as written.
[[nodiscard]] std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text) noexcept;
/// "02:00:00:00:00:01", either case.
[[nodiscard]] std::optional<MacAddress> parse_mac_address(std::string_view text) noexcept;

[[nodiscard]] std::string to_string(Ipv4Address address);
/// A /32 prints as the address alone.
[[nodiscard]] std::string to_string(const Ipv4Prefix& prefix);
/// With its length, of a /32 too.
[[nodiscard]] std::string to_cidr(const Ipv4Prefix& prefix);
[[nodiscard]] std::string to_string(const MacAddress& mac);

}  // namespace natto
