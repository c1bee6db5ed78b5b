#pragma once

// What the adapters for toml11 3 and 4 share: toml11's tree as one of TomlValue.

#include <string_view>
#include <toml.hpp>

#include "config/toml/toml11.hpp"

namespace natto {

/// toml11 parses files: the value becomes that of a key.
inline constexpr std::string_view kKey = "v = ";

inline TomlType type_of(toml::value_t type) {
  switch (type) {
    case toml::value_t::string:
      return TomlType::kString;
    case toml::value_t::integer:
      return TomlType::kInteger;
    case toml::value_t::floating:
      return TomlType::kFloat;
    case toml::value_t::boolean:
      return TomlType::kBoolean;
    case toml::value_t::array:
      return TomlType::kArray;
    case toml::value_t::table:
      return TomlType::kTable;
    default:
      return TomlType::kDateOrTime;
  }
}

/// Copies the tree of a value that stands at `offset` of `source`. `slice_of` says which bytes of
/// `text`, which is kKey and the value, a toml11 value is. As deep as the brackets are nested.
template <typename SliceOf>
class TreeCopy {
 public:
  TreeCopy(std::string_view text, std::size_t offset, const SourceText& source, SliceOf slice_of)
      : text_(text), offset_(offset), source_(source), slice_of_(slice_of) {}

  template <typename Toml11Value>
  [[nodiscard]] TomlValue copy(const Toml11Value& from) const {
    const Slice slice = slice_of_(from);
    TomlValue to;
    to.type = type_of(from.type());
    to.position = position(slice.begin);
    if (from.is_array()) {
      for (const auto& item : from.as_array()) {
        to.children.push_back(copy(item));
      }
    } else if (from.is_table()) {
      for (const auto& [key, member] : from.as_table()) {
        TomlValue& child = to.children.emplace_back(copy(member));
        child.key = key;
        child.key_position = key_position(slice_of_(member).begin);
      }
    } else if (from.is_string()) {
      to.text = static_cast<std::string>(from.as_string());
    } else {
      to.text = text_.substr(slice.begin, slice.end - slice.begin);
      to.integer = from.is_integer() ? from.as_integer() : 0;
    }
    return to;
  }

 private:
  [[nodiscard]] Position position(std::size_t at) const {
    return source_.position(offset_ + at - kKey.size());
  }

  /// Of an inline table's member: what is before its value, after the last bracket or comma.
  [[nodiscard]] Position key_position(std::size_t value) const {
    const std::size_t before = text_.find_last_of("{,", value - 1);
    return position(text_.find_first_not_of(" \t\r\n", before + 1));
  }

  std::string_view text_;
  std::size_t offset_;
  const SourceText& source_;
  SliceOf slice_of_;
};

}  // namespace natto
