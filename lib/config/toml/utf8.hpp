#pragma once

#include <cstddef>
#include <string_view>

namespace natto {

/// Bytes of the UTF-8 character at the front of `text` (RFC 3629 §4), or 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// Whether `byte` begins a UTF-8 character: all but continuation bytes (10xxxxxx) do.
[[nodiscard]] constexpr bool begins_character(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

}  // namespace natto
