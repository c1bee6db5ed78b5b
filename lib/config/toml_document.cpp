#include "config/toml_document.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <new>
#include <sstream>
#include <stdexcept>
#include <toml.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "config/source_text.hpp"
#include "config/toml11_message.hpp"
#include "config/toml_scan.hpp"

namespace natto {
namespace {

/// toml11 takes the back() of any array that a dotted key or [section] goes into, empty or not.
template <typename T>
class NonEmptyBack : public std::vector<T> {
 public:
  using std::vector<T>::vector;
  T& back() {
    if (this->empty()) {
      throw std::runtime_error("a dotted key or [section] adds to an empty array");
    }
    return std::vector<T>::back();
  }
};

// std::map: the keys are the user's, and an unordered_map's time depends on what they are.
using Toml11Value = toml::basic_value<toml::discard_comments, std::map, NonEmptyBack>;

TomlType type_of(const Toml11Value& value) {
  switch (value.type()) {
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

/// Copies toml11's tree. As deep as the text's nesting, which the scan has bounded.
class TreeCopy {
 public:
  TreeCopy(const SourceText& source, const std::vector<KeyPlace>& keys)
      : source_(source), keys_(keys) {}

  [[nodiscard]] TomlValue value(const Toml11Value& from) const {
    const auto [offset, length] = place(from);
    TomlValue to;
    to.type = type_of(from);
    to.position = source_.position(offset);
    if (from.is_array()) {
      to.children.reserve(from.as_array().size());
      for (const auto& item : from.as_array()) {
        to.children.push_back(value(item));
      }
    } else if (from.is_table()) {
      to.children.reserve(from.as_table().size());
      for (const auto& [key, member] : from.as_table()) {
        TomlValue& child = to.children.emplace_back(value(member));
        child.key = key;
        child.key_position = source_.position(key_offset(place(member).first));
      }
    } else if (from.is_string()) {
      to.text = from.as_string().str;
    } else {
      to.text = source_.bytes().substr(offset, length);
      to.integer = from.is_integer() ? from.as_integer() : 0;
    }
    return to;
  }

  /// Where the key of the value at `offset` begins: before the '=' in front of the value, or, for a
  /// table with a [header], at the value.
  [[nodiscard]] std::size_t key_offset(std::size_t offset) const {
    const auto after = std::ranges::lower_bound(keys_, offset, {}, &KeyPlace::equals);
    if (after == keys_.begin()) {
      return offset;
    }
    const KeyPlace& key = *(after - 1);
    const auto between = source_.bytes().substr(key.equals + 1, offset - key.equals - 1);
    const bool adjacent = between.find_first_not_of(" \t") == std::string_view::npos;
    return adjacent ? key.key : offset;
  }

 private:
  /// Offset and length of a value in the text. toml11's public location() counts the lines from the
  /// top of the file for each value, which takes quadratic time; the region behind it, which every
  /// parsed value has, knows the bytes.
  static std::pair<std::size_t, std::size_t> place(const Toml11Value& value) {
    const auto& region = static_cast<const toml::detail::region&>(*toml::detail::get_region(value));
    return {static_cast<std::size_t>(region.first() - region.begin()), region.size()};
  }

  const SourceText& source_;
  const std::vector<KeyPlace>& keys_;
};

/// Where the number, date or unquoted text begins whose last byte is before `offset`.
std::size_t word_start(std::string_view text, std::size_t offset) {
  constexpr std::string_view kBetweenWords = " \t\r\n=,[]{}\"'";
  const std::size_t before = text.substr(0, offset).find_last_of(kBetweenWords);
  return before == std::string_view::npos ? 0 : before + 1;
}

}  // namespace

const TomlValue* TomlValue::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(children, name, &TomlValue::key);
  return found == children.end() ? nullptr : &*found;
}

std::optional<TomlValue> parse_toml(std::string bytes, Diagnostics& diagnostics) {
  const SourceText source(std::move(bytes));
  auto scanned = scan_toml(source.bytes());
  if (const auto* mistake = std::get_if<TomlMistake>(&scanned)) {
    diagnostics.add(source.position(mistake->offset), mistake->message);
    return std::nullopt;
  }

  auto& [text, keys] = std::get<ScannedToml>(scanned);
  const TreeCopy copy(source, keys);
  std::istringstream stream(std::move(text));
  try {
    // Without a file name: toml11 copies it for every character it looks at.
    return copy.value(toml::parse<toml::discard_comments, std::map, NonEmptyBack>(stream, ""));
  } catch (const std::bad_alloc&) {
    throw;  // no mistake of the file
  } catch (const std::exception& error) {
    const Toml11Message message = read_toml11_message(error.what());
    std::size_t offset = source.offset(message.line, message.bytes_before);
    if (message.at == MistakeAt::kKey) {
      offset = copy.key_offset(offset);
    } else if (message.at == MistakeAt::kWord) {
      offset = word_start(source.bytes(), offset);
    }
    diagnostics.add(source.position(offset), message.text);
    return std::nullopt;
  }
}

std::optional<TomlValue> read_toml(const std::filesystem::path& file, Diagnostics& diagnostics) {
  auto bytes = read_file(file);
  if (!bytes) {
    diagnostics.add(Position{}, bytes.error().message);
    return std::nullopt;
  }
  return parse_toml(std::move(bytes).value(), diagnostics);
}

}  // namespace natto
