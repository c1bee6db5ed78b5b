#pragma once

// Every key of natto.toml and mappings.toml: the one place that knows its name, type, default,
// range and meaning. The loader reads the files by it, and doc/configuration.md is made from it.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace natto {

enum class ValueKind {
  kInteger,           ///< within `range`
  kBoolean,           ///< true or false
  kShare,             ///< a number from 0 to 1
  kChoice,            ///< one of `choices`
  kChoiceOrInteger,   ///< one of `choices`, or an integer within `range`
  kName,              ///< letters, digits, '_', '.', '-'; at most `range.max` characters
  kText,              ///< not empty, no control characters
  kTextList,          ///< an array of such texts
  kTexts,             ///< such a text, or an array of them
  kTextsOrNumbers,    ///< a text or an integer, or an array of them
  kLcoreList,         ///< "1-3,5", each within `range`
  kAddress,           ///< an IPv4 address
  kInterfaceAddress,  ///< an IPv4 address with the prefix length of its subnet
  kMacAddress,        ///< of one host
  kAddressRange,      ///< an IPv4 address, or an IPv4 prefix without host bits
};

struct IntegerRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// The key must be there.
struct Required {};
/// The key may be left out and then has no value; the text says what happens, for the reader.
struct LeftOut {
  std::string_view meaning;
};
/// What holds if the file leaves the key out; an integer or a text is its default, of a
/// boolean "true" or "false", of a share the number as a file would write it.
using Absence = std::variant<Required, LeftOut, std::int64_t, std::string_view>;

struct KeySchema {
  std::string_view name;
  ValueKind kind = ValueKind::kText;
  Absence if_absent;
  std::string_view meaning;  ///< one sentence
  IntegerRange range = {};
  std::span<const std::string_view> choices = {};  ///< in the order of the model's enumerators

  /// "an integer", "a string" or "an array of strings".
  [[nodiscard]] std::string_view type() const noexcept;
  /// What its values look like: "68 to 9216", "\"auto\" or \"off\"".
  [[nodiscard]] std::string allowed() const;
};

struct SectionSchema {
  std::string_view name;
  bool repeated = false;  ///< [[name]], any number of times, instead of [name]
  bool required = false;
  bool may_be_empty = false;         ///< of a repeated one: "name = []" stands for no table at all
  std::string_view if_missing = {};  ///< of a required one: what to do about it
  std::string_view meaning;          ///< one sentence
  std::span<const KeySchema> keys;

  /// "[name]" or "[[name]]".
  [[nodiscard]] std::string header() const;
  /// `name` must be a key of the section.
  [[nodiscard]] const KeySchema& key(std::string_view name) const;
};

struct FileSchema {
  std::string_view name;
  std::span<const SectionSchema> sections;
  SectionSchema top = {};  ///< the keys above all sections, none of which is required

  /// `name` must be a section of the file.
  [[nodiscard]] const SectionSchema& section(std::string_view name) const;
};

[[nodiscard]] const FileSchema& config_schema() noexcept;
[[nodiscard]] const FileSchema& mappings_schema() noexcept;

/// The sections and keys of both files as Markdown: what doc/configuration.md embeds.
[[nodiscard]] std::string configuration_markdown();

}  // namespace natto
