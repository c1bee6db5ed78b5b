#pragma once

// A TOML file as a tree of plain values, each with its place in the file. This is all that the rest
// of the library knows of TOML.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"

namespace natto {

enum class TomlType { kString, kInteger, kFloat, kBoolean, kDateOrTime, kArray, kTable };

struct TomlValue {
  TomlType type = TomlType::kTable;
  /// Of the value itself. A table has the place of its [header], of its '{' or of its dotted key.
  Position position;
  /// What a string says; any other scalar as the file writes it.
  std::string text;
  /// Of an integer; one beyond 64 bits is the nearest that fits.
  std::int64_t integer = 0;
  /// An array's items in order, or a table's members sorted by key.
  std::vector<TomlValue> children;

  // Of a table's members only.
  std::string key;
  Position key_position;

  /// The member called `name`, or null.
  [[nodiscard]] const TomlValue* find(std::string_view name) const noexcept;
};

}  // namespace natto
