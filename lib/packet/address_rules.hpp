#pragma once

// Addresses that a router does not forward (RFC 1812 §4.2.2.11, §5.3.7; RFC 6890).

#include "base/address.hpp"

namespace natto {

[[nodiscard]] constexpr bool is_multicast(Ipv4Address a) noexcept { return a.host() >> 28 == 0xe; }
[[nodiscard]] constexpr bool is_limited_broadcast(Ipv4Address a) noexcept {
  return a.host() == 0xffffffff;
}

/// 169.254/16 (RFC 3927): of this link and no other.
[[nodiscard]] constexpr bool is_link_local(Ipv4Address a) noexcept {
  return a.host() >> 16 == 0xa9fe;
}

/// 0/8, 127/8, 169.254/16, or 240/4 (which holds 255.255.255.255).
[[nodiscard]] constexpr bool is_martian(Ipv4Address a) noexcept {
  const std::uint32_t host = a.host();
  return host >> 24 == 0 || host >> 24 == 127 || is_link_local(a) || host >> 28 == 0xf;
}

/// The broadcast address of an interface's subnet; none where a subnet has one (RFC 3021: /31, and
/// /32).
[[nodiscard]] constexpr bool is_directed_broadcast(Ipv4Address a,
                                                   const Ipv4Prefix& subnet) noexcept {
  return subnet.length <= 30 && a == subnet.last();
}

}  // namespace natto
