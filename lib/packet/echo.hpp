#pragma once

#include <cstdint>
#include <span>

namespace natto {

/// Turns an echo request that fills `frame` (Ethernet header to the end of the IPv4 packet, already
/// parsed) into the reply to its sender, in place: RFC 792, with a TTL of 64, sent back to the MAC
/// address it came from. False, and nothing is changed, if it is not a whole, undamaged echo
/// request.
[[nodiscard]] bool make_echo_reply(std::span<std::uint8_t> frame) noexcept;

}  // namespace natto
