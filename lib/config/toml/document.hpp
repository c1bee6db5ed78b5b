#pragma once

// Reads a TOML file into a tree. It reports every statement that is not TOML, not only the first.

#include <filesystem>
#include <optional>
#include <string>

#include "config/diagnostics.hpp"
#include "config/toml/value.hpp"

namespace natto {

/// The root table of the TOML text `bytes`, or errors of syntax in `diagnostics`. natto's files
/// have no sections within sections: a [section] with a dot in its name is such an error.
[[nodiscard]] std::optional<TomlValue> parse_toml(std::string bytes, Diagnostics& diagnostics);

/// The root table of `file`. That the file cannot be read goes to `diagnostics` as well.
[[nodiscard]] std::optional<TomlValue> read_toml(const std::filesystem::path& file,
                                                 Diagnostics& diagnostics);

}  // namespace natto
