#pragma once

// Turns the strings of the files into values. Every error is one line that says what is wrong with
// the string; it names neither the key nor the place.

#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "config/schema.hpp"

namespace natto {

/// A list such as "1-3,5": numbers and ranges, ascending, none twice, each within `range`.
[[nodiscard]] Result<std::vector<unsigned>> parse_lcores(std::string_view text, IntegerRange range);

[[nodiscard]] Result<Ipv4Address> parse_address(std::string_view text);

/// An address with a prefix length, host bits kept; alone, an address is a /32.
[[nodiscard]] Result<Ipv4Prefix> parse_interface_address(std::string_view text);

/// An address (a /32) or a prefix, whose host bits must be zero.
[[nodiscard]] Result<Ipv4Prefix> parse_address_range(std::string_view text);

/// Neither a group address nor zero.
[[nodiscard]] Result<MacAddress> parse_host_mac(std::string_view text);

/// Only A-Z a-z 0-9 _ . - and a length within `length`.
[[nodiscard]] bool is_name(std::string_view text, IntegerRange length) noexcept;

/// Who signs tables: 1 to 64 of A-Z a-z 0-9 _ . - @ +, no dot first. A part of a file's name, and a
/// word of OpenSSH's lists of principals.
[[nodiscard]] bool is_party(std::string_view text) noexcept;

/// Not empty, no control characters: none of ASCII or C1, and none that ends a line or turns the
/// direction of writing, so that a terminal shows what is there. `text` is UTF-8.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

}  // namespace natto
