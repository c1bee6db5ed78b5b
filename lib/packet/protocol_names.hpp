#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natto {

/// "tcp", "udp", "icmp" and other names, or IANA's number.
[[nodiscard]] std::optional<std::uint8_t> parse_protocol(std::string_view text);
/// A name that parse_protocol takes, or "protocol 99".
[[nodiscard]] std::string protocol_name(std::uint8_t protocol);

}  // namespace natto
