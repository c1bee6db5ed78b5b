#include "config/toml/utf8.hpp"

#include <array>

namespace natto {
namespace {

/// One row of RFC 3629 §4: characters by their first byte. The second byte is limited where shorter
/// forms, surrogates or values over U+10FFFF would be possible; later ones are 80..bf.
struct Utf8Row {
  unsigned char first_min, first_max;
  unsigned char second_min, second_max;
  std::size_t length;
};

constexpr std::array kRows = {
    Utf8Row{0x00, 0x7f, 0x00, 0x00, 1}, Utf8Row{0xc2, 0xdf, 0x80, 0xbf, 2},
    Utf8Row{0xe0, 0xe0, 0xa0, 0xbf, 3}, Utf8Row{0xe1, 0xec, 0x80, 0xbf, 3},
    Utf8Row{0xed, 0xed, 0x80, 0x9f, 3}, Utf8Row{0xee, 0xef, 0x80, 0xbf, 3},
    Utf8Row{0xf0, 0xf0, 0x90, 0xbf, 4}, Utf8Row{0xf1, 0xf3, 0x80, 0xbf, 4},
    Utf8Row{0xf4, 0xf4, 0x80, 0x8f, 4},
};

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  for (const Utf8Row& row : kRows) {
    if (text.empty() || byte(0) < row.first_min || byte(0) > row.first_max) {
      continue;
    }
    bool good = row.length == 1 || (byte(1) >= row.second_min && byte(1) <= row.second_max);
    for (std::size_t i = 2; i < row.length; ++i) {
      good = good && (byte(i) & 0xc0) == 0x80;
    }
    return good ? row.length : 0;
  }
  return 0;
}

}  // namespace natto
