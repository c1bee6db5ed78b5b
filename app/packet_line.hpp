#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "api/messages.hpp"

namespace natto {

/// Of a packet that begins with the Ethernet frame `frame`, who sends it to whom, as tcpdump prints
/// it: "10.1.1.10.40000 > 172.30.7.20.443". However damaged it is.
[[nodiscard]] std::string addresses_text(std::span<const std::uint8_t> frame);
/// And what it is: "Flags [S], seq 1, win 64240, length 0".
[[nodiscard]] std::string content_text(std::span<const std::uint8_t> frame);

/// What became of a captured packet and whose it is, in words: "dropped: ttl_expired; a-app >
/// b-db".
[[nodiscard]] std::string fate_text(const api::CapturedReport& packet);

/// A captured packet in a line: the time of day, realms, both pairs of addresses, what it is, and
/// its fate unless it is just sent.
[[nodiscard]] std::string packet_line(const api::CapturedReport& packet);

}  // namespace natto
