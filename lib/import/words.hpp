#pragma once

// The values that dialects have in common, as words.

#include <optional>
#include <string_view>
#include <vector>

#include "import/rules.hpp"

namespace natto::old_rules {

/// "10.0.0.1", "10.0.0.0/8", "10.0.0.0/255.0.0.0" (host bits are dropped, as the kernel does).
[[nodiscard]] std::optional<Ipv4Prefix> network_of(std::string_view word);
/// The same, or "10.0.0.1-10.0.0.9".
[[nodiscard]] std::optional<Range> addresses_of(std::string_view word);
/// A name or number; "all" is every one.
[[nodiscard]] std::optional<Range> protocol_of(std::string_view word);
/// A port or a usual service's name.
[[nodiscard]] std::optional<std::uint16_t> port_of(std::string_view word);
/// "80", "80:90", ":90"; `dash` stands between the two.
[[nodiscard]] std::optional<Range> ports_of(std::string_view word, char dash);
[[nodiscard]] std::optional<Range> state_of(std::string_view word);
[[nodiscard]] std::optional<Range> icmp_type_of(std::string_view word);
/// "SYN,ACK", "ALL", "NONE".
[[nodiscard]] std::optional<std::uint32_t> tcp_flags_of(std::string_view word);

[[nodiscard]] std::optional<std::uint32_t> number_of(std::string_view word, std::uint32_t most);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char at);

}  // namespace natto::old_rules
