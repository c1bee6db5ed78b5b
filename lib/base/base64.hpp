#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace natto {

// Base64 of RFC 4648 §4.

/// Without line feeds; `padded`: with '=' up to a multiple of four characters.
[[nodiscard]] std::string to_base64(std::span<const std::uint8_t> bytes, bool padded = true);

/// None if `text` is anything but what to_base64 makes of some bytes, padded: there is one text
/// for all bytes, so no two differ in what they do not say.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace natto
