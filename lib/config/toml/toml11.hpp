#pragma once

// toml11, of whatever version it is: the build chooses toml11_v3.cpp or toml11_v4.cpp.

#include <cstddef>
#include <string_view>
#include <variant>

#include "config/toml/source_text.hpp"
#include "config/toml/statements.hpp"
#include "config/toml/value.hpp"

namespace natto {

/// Where toml11 found a text wrong, as a byte of the source.
struct Toml11Error {
  std::size_t offset;
};

/// The TOML value `text`, which stands in `source` at `offset` but for comments, which must be
/// blanked out.
[[nodiscard]] std::variant<TomlValue, Toml11Error> read_with_toml11(std::string_view text,
                                                                    std::size_t offset,
                                                                    const SourceText& source);

}  // namespace natto
