#pragma once

#include <string>

namespace natto {

/// `text` for a terminal or a line of a log: a "?" for each control character.
[[nodiscard]] inline std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      c = '?';
    }
  }
  return text;
}

}  // namespace natto
