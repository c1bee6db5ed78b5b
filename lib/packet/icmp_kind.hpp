#pragma once

#include <cstdint>

#include "packet/wire.hpp"

namespace natto {

/// What an ICMP message is to a translator, by its type.
enum class IcmpKind {
  kOther,         ///< forwarded as it is: echo and other questions and answers
  kError,         ///< quotes a packet, which is translated with it (RFC 5508 §4.2)
  kNotForwarded,  ///< source quench (RFC 6633) and redirect
};

[[nodiscard]] constexpr IcmpKind icmp_kind(std::uint8_t type) noexcept {
  switch (type) {
    case icmp::kDestinationUnreachable:
    case icmp::kTimeExceeded:
    case icmp::kParameterProblem:
      return IcmpKind::kError;
    case icmp::kSourceQuench:
    case icmp::kRedirect:
      return IcmpKind::kNotForwarded;
    default:
      return IcmpKind::kOther;
  }
}

}  // namespace natto
