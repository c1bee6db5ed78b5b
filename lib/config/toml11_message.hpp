#pragma once

// toml11 explains a syntax error in a drawing of several lines:
//
//     [error] toml::insert_value: value ("mtu") already exists.
//      --> natto.toml
//        |
//      3 | mtu = 1500
//        |       ~~~~ value already exists here
//      ...
//      9 | mtu = 9001
//        |       ~~~~ value defined twice
//
// Its exceptions carry a location as well, but often that of the statement, or of a copy of a part
// of the text: the drawing's last place is the one that is right.

#include <cstddef>
#include <string>
#include <string_view>

namespace natto {

/// What the place of a message says about the mistake.
enum class MistakeAt {
  kPlace,  ///< it is exactly there
  kWord,   ///< it is the word that reaches to there
  kKey,    ///< it is the key of the value that begins there
};

struct Toml11Message {
  std::string text;              ///< one line, in this project's words where it has any
  std::size_t line = 1;          ///< from 1
  std::size_t bytes_before = 0;  ///< on the line, before the place
  MistakeAt at = MistakeAt::kPlace;
};

[[nodiscard]] Toml11Message read_toml11_message(std::string_view what);

}  // namespace natto
