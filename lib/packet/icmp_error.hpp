#pragma once

// The ICMP errors that natto makes itself (R14, R15, R18, R20, R24 of doc/rfc-compliance.md).

#include <cstdint>
#include <optional>
#include <span>

#include "base/address.hpp"
#include "packet/parse.hpp"
#include "packet/verdict.hpp"
#include "packet/wire.hpp"

namespace natto {

/// RFC 1812 §4.3.2.3: as much of the packet as fits into this, the error's headers included.
inline constexpr std::size_t kMaxIcmpErrorBytes = 576;
inline constexpr std::size_t kMaxQuoteBytes =
    kMaxIcmpErrorBytes - sizeof(Ipv4Header) - sizeof(IcmpHeader);

struct IcmpErrorKind {
  std::uint8_t type;
  std::uint8_t code;
};

/// The error that tells a sender of this drop reason; most are silent.
// Inline: each dropped packet asks this, and a jump by a table of reasons is mispredicted.
[[nodiscard]] constexpr std::optional<IcmpErrorKind> icmp_error_for(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::kTtlExpired:
      return IcmpErrorKind{.type = icmp::kTimeExceeded, .code = 0};
    case DropReason::kExceedsMtu:
      return IcmpErrorKind{.type = icmp::kDestinationUnreachable, .code = 4};
    case DropReason::kSourceNotMapped:
    case DropReason::kHairpinNotAllowed:
    case DropReason::kNotAllowed:
    case DropReason::kOpenedByOtherSide:  // "communication administratively prohibited"
      return IcmpErrorKind{.type = icmp::kDestinationUnreachable, .code = 13};
    default:
      return std::nullopt;
  }
}

/// Whether `packet`, which got as far as the table, may be answered with an error at all: not if it
/// is one itself, and no fragment but the first (RFC 1812 §4.3.2.7). Broadcasts, group frames and
/// invalid sources never get that far.
[[nodiscard]] bool may_be_answered(const ParsedPacket& packet) noexcept;

struct IcmpError {
  IcmpErrorKind kind;
  std::uint16_t next_hop_mtu = 0;  ///< bytes; 0 unless fragmentation is needed (RFC 1191 §4)
  Ipv4Address source;              ///< natto's own on the port that the error leaves by
};

/// Writes the IPv4 packet of `error` about the packet that begins with `quote` (its IPv4 header and
/// as much as there is of at most kMaxQuoteBytes) into `out`, which has room for
/// kMaxIcmpErrorBytes. Returns its length in bytes.
[[nodiscard]] std::size_t write_icmp_error(const IcmpError& error,
                                           std::span<const std::uint8_t> quote,
                                           std::span<std::uint8_t> out) noexcept;

}  // namespace natto
