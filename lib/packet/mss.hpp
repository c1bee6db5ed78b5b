#pragma once

// Holds TCP connections to segments that the MTUs of both ports carry, by the option in which each
// side announces the largest segment that it takes (MSS, RFC 9293 §3.7.1): tcp_mss_clamp.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "packet/port_rules.hpp"
#include "packet/wire.hpp"

namespace natto {

/// What a SYN segment between the two ports may announce at most, in bytes; absent: anything, since
/// neither port clamps. Whichever does, does so for packets of both directions.
[[nodiscard]] constexpr std::optional<std::uint16_t> largest_mss(const PortRules& in,
                                                                 const PortRules& out) noexcept {
  if (!in.mss_clamp && !out.mss_clamp) {
    return std::nullopt;
  }
  constexpr std::uint16_t kHeaders = sizeof(Ipv4Header) + sizeof(TcpHeader);
  const auto carried = static_cast<std::uint16_t>(std::min(in.mtu, out.mtu) - kHeaders);
  return std::min({carried, in.mss_clamp.value_or(carried), out.mss_clamp.value_or(carried)});
}

/// `segment` holds at least the TCP header without options.
[[nodiscard]] inline bool is_syn(std::span<const std::uint8_t> segment) noexcept {
  return (header_at<TcpHeader>(segment, 0).flags & TcpHeader::kSyn) != 0;
}

/// Lowers each MSS option above `largest` to it, and the checksum with it (RFC 1624): what was
/// wrong stays wrong by the same amount (R3). `segment` is the TCP header with what follows of the
/// packet (or of its first fragment). Options that are not all there, or behind a malformed one,
/// are left alone.
void clamp_mss(std::span<std::uint8_t> segment, std::uint16_t largest) noexcept;

/// One step of it: the option `at` bytes into `segment`, whose header ends at `end`, not more than
/// at the segment's end, and more than one byte behind `at`. Returns where the next one begins, at
/// most at `end`; 0: this one is malformed.
[[nodiscard]] std::size_t clamp_option(std::span<std::uint8_t> segment, std::size_t at,
                                       std::size_t end, std::uint16_t largest) noexcept;

}  // namespace natto
