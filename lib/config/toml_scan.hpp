#pragma once

// A look over a TOML text before the TOML library gets it.
//
// toml11 recurses with the nesting of a text, overflows on long binary integers, copies the rest of
// the line for every value, and re-reads the comments above a line for every value on it. The scan
// refuses what would make that dangerous, and finds mistakes inside strings and characters, which
// toml11 places badly. It knows just enough of the grammar for that: strings, comments, brackets.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace natto {

/// Brackets within brackets, and parts of a dotted key.
inline constexpr std::size_t kMaxNesting = 16;
/// Bytes of a line, and of a multi-line string.
inline constexpr std::size_t kMaxLineBytes = 4096;
/// Bytes of a number, date or bare key.
inline constexpr std::size_t kMaxWordBytes = 64;

/// Where a key begins and where the '=' after it stands, as byte offsets.
struct KeyPlace {
  std::size_t key;
  std::size_t equals;
};

struct ScannedToml {
  std::string text;            ///< every byte where it was, comments blanked out
  std::vector<KeyPlace> keys;  ///< ascending
};

/// The first mistake and the byte it is at.
struct TomlMistake {
  std::size_t offset;
  std::string message;
};

[[nodiscard]] std::variant<ScannedToml, TomlMistake> scan_toml(std::string_view text);

}  // namespace natto
