#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace natto {

/// Two digits a byte, small letters.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

/// None if `hex` is anything but pairs of hexadecimal digits.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_hex(std::string_view hex);

}  // namespace natto
