#include "config/section_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>
#include <variant>

#include "base/nearest.hpp"
#include "config/values.hpp"

namespace natto {
namespace {

/// A value as a message names it: `the integer 5`.
std::string describe(const TomlValue& value) {
  switch (value.type) {
    case TomlType::kString:
      return fmt::format("the string {}", in_quotes(value.text));
    case TomlType::kInteger:
      return fmt::format("the integer {}", value.text);
    case TomlType::kFloat:
      return fmt::format("the floating-point number {}", value.text);
    case TomlType::kBoolean:
      return fmt::format("the boolean {}", value.text);
    case TomlType::kDateOrTime:
      return fmt::format("the date or time {}", value.text);
    case TomlType::kArray:
      return "an array";
    case TomlType::kTable:
      return "a table";
  }
  return "";
}

bool is_scalar(const TomlValue& value) {
  return value.type != TomlType::kArray && value.type != TomlType::kTable;
}

TomlType type_for(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInteger:
      return TomlType::kInteger;
    case ValueKind::kBoolean:
      return TomlType::kBoolean;
    case ValueKind::kShare:
      return TomlType::kFloat;  // or an integer
    case ValueKind::kTextList:
      return TomlType::kArray;
    default:
      return TomlType::kString;
  }
}

/// What would be right where a value has the wrong type.
std::string_view type_hint(TomlType expected, const TomlValue& found) {
  if (expected == TomlType::kString && is_scalar(found)) {
    return "; put it in quotes";
  }
  if ((expected == TomlType::kInteger || expected == TomlType::kBoolean) &&
      found.type == TomlType::kString) {
    return "; write it without quotes";
  }
  if (expected == TomlType::kArray && is_scalar(found)) {
    return "; put it in [ ]";
  }
  return "";
}

/// "; did you mean X?", or the names to choose from.
template <typename Schema>
std::string suggestion(std::string_view unknown, std::span<const Schema> known) {
  std::vector<std::string_view> names;
  for (const Schema& entry : known) {
    names.push_back(entry.name);
  }
  const std::string_view best = nearest(unknown, names);
  return best.empty() ? fmt::format("; known here: {}", fmt::join(names, ", "))
                      : fmt::format("; did you mean {}?", in_quotes(best));
}

/// Of a number as TOML writes it.
std::optional<double> number(std::string text) {
  std::erase(text, '_');
  const std::string_view digits = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(value)
                                                                      : std::nullopt;
}

bool is_allowed(const KeySchema& key, std::string_view text) {
  switch (key.kind) {
    case ValueKind::kChoice:
    case ValueKind::kChoiceOrInteger:
      return std::ranges::find(key.choices, text) != key.choices.end();
    case ValueKind::kName:
      return is_name(text, key.range);
    case ValueKind::kText:
    case ValueKind::kTextList:
    case ValueKind::kTexts:
    case ValueKind::kTextsOrNumbers:
      return is_plain_text(text);
    default:
      return true;
  }
}

}  // namespace

SectionReader::SectionReader(const SectionSchema& schema, const TomlValue* table,
                             Diagnostics& diagnostics)
    : SectionReader(schema, table, diagnostics, Keys::kOnlyKnown) {}

SectionReader::SectionReader(const SectionSchema& schema, const TomlValue* table,
                             Diagnostics& diagnostics, Keys keys)
    : schema_(schema), table_(table), diagnostics_(diagnostics) {
  if (table == nullptr || keys == Keys::kAny) {
    return;
  }
  for (const TomlValue& member : table->children) {
    if (std::ranges::find(schema.keys, member.key, &KeySchema::name) == schema.keys.end()) {
      diagnostics.add(member.key_position,
                      fmt::format("unknown key {} in {}{}", in_quotes(member.key), schema.header(),
                                  suggestion(member.key, schema.keys)));
    }
  }
  for (const KeySchema& key : schema.keys) {
    if (std::holds_alternative<Required>(key.if_absent) && table->find(key.name) == nullptr) {
      diagnostics.add(table->position, fmt::format("{} needs {} ({})", schema.header(),
                                                   in_quotes(key.name), key.allowed()));
    }
  }
}

Position SectionReader::position() const noexcept {
  return table_ == nullptr ? Position{} : table_->position;
}

const TomlValue* SectionReader::find(std::string_view name) const noexcept {
  return table_ == nullptr ? nullptr : table_->find(name);
}

bool SectionReader::has_integer(std::string_view name) const noexcept {
  const TomlValue* value = find(name);
  return value != nullptr && value->type == TomlType::kInteger;
}

bool SectionReader::has_type(const KeySchema& key, const TomlValue& value) const {
  const TomlType expected = type_for(key.kind);
  const bool has_other = key.kind == ValueKind::kChoiceOrInteger || key.kind == ValueKind::kShare;
  if (value.type == expected || (has_other && value.type == TomlType::kInteger)) {
    return true;
  }
  diagnostics_.add(value.position,
                   fmt::format("{} must be {}, not {}{}", key.name, key.type(), describe(value),
                               has_other ? "" : type_hint(expected, value)));
  return false;
}

std::optional<Located<std::int64_t>> SectionReader::integer(std::string_view name) const {
  const KeySchema& key = schema_.key(name);
  const TomlValue* value = find(name);
  if (value == nullptr) {
    const auto* fallback = std::get_if<std::int64_t>(&key.if_absent);
    return fallback == nullptr ? std::nullopt : std::optional(Located{*fallback, position()});
  }
  if (!has_type(key, *value)) {
    return std::nullopt;
  }
  if (value->integer < key.range.min || value->integer > key.range.max) {
    diagnostics_.add(value->position,
                     fmt::format("{} is {}; allowed: {}", name, value->text, key.allowed()));
    return std::nullopt;
  }
  return Located{value->integer, value->position};
}

std::optional<Located<std::string>> SectionReader::text(std::string_view name) const {
  const KeySchema& key = schema_.key(name);
  const TomlValue* value = find(name);
  if (value == nullptr) {
    const auto* fallback = std::get_if<std::string_view>(&key.if_absent);
    return fallback == nullptr ? std::nullopt
                               : std::optional(Located{std::string(*fallback), position()});
  }
  if (!has_type(key, *value)) {
    return std::nullopt;
  }
  if (!is_allowed(key, value->text)) {
    diagnostics_.add(value->position, fmt::format("{} is {}; allowed: {}", name,
                                                  in_quotes(value->text), key.allowed()));
    return std::nullopt;
  }
  return Located{value->text, value->position};
}

bool SectionReader::boolean(std::string_view name) const {
  const auto found = text(name);
  return (found ? std::string_view(found->value)
                : std::get<std::string_view>(schema_.key(name).if_absent)) == "true";
}

double SectionReader::share(std::string_view name) const {
  const KeySchema& key = schema_.key(name);
  const double fallback =
      number(std::string(std::get<std::string_view>(key.if_absent))).value_or(1);
  const TomlValue* value = find(name);
  if (value == nullptr || !has_type(key, *value)) {
    return fallback;
  }
  const std::optional<double> found = number(value->text);
  if (!found || !(*found >= 0 && *found <= 1)) {
    diagnostics_.add(value->position,
                     fmt::format("{} is {}; allowed: {}", name, value->text, key.allowed()));
    return fallback;
  }
  return *found;
}

std::optional<Located<std::string>> SectionReader::item(const KeySchema& key, const TomlValue& item,
                                                        std::string_view but) const {
  const bool is_integer = item.type == TomlType::kInteger && key.kind == ValueKind::kTextsOrNumbers;
  if (item.type != TomlType::kString && !is_integer) {
    diagnostics_.add(item.position,
                     fmt::format("{} must be {}{} {}{}", key.name, key.type(), but, describe(item),
                                 type_hint(TomlType::kString, item)));
    return std::nullopt;
  }
  if (!is_allowed(key, item.text)) {
    diagnostics_.add(item.position, fmt::format("{} has {}; allowed in it: {}", key.name,
                                                in_quotes(item.text), key.allowed()));
    return std::nullopt;
  }
  return Located{item.text, item.position};
}

std::vector<std::string> SectionReader::text_list(std::string_view name) const {
  const KeySchema& key = schema_.key(name);
  const TomlValue* value = find(name);
  std::vector<std::string> texts;
  if (value == nullptr || !has_type(key, *value)) {
    return texts;
  }
  for (const TomlValue& of_list : value->children) {
    if (auto text = item(key, of_list, "; this is")) {
      texts.push_back(std::move(text->value));
    }
  }
  return texts;
}

std::vector<Located<std::string>> SectionReader::values(std::string_view name) const {
  const KeySchema& key = schema_.key(name);
  const TomlValue* value = find(name);
  std::vector<Located<std::string>> found;
  if (value == nullptr) {
    return found;
  }
  const bool is_array = value->type == TomlType::kArray;
  const std::span<const TomlValue> items =
      is_array ? std::span(value->children) : std::span(value, 1);
  if (items.empty()) {
    diagnostics_.add(value->position, fmt::format("{} is empty: nothing fits it; leave it out if "
                                                  "everything should",
                                                  name));
  }
  for (const TomlValue& of_list : items) {
    if (auto text = item(key, of_list, ", not")) {
      found.push_back(*std::move(text));
    }
  }
  return found;
}

Position SectionReader::position_of(std::string_view name) const noexcept {
  const TomlValue* value = find(name);
  return value == nullptr ? position() : value->position;
}

std::size_t SectionReader::choice_index(std::string_view name) const {
  const KeySchema& key = schema_.key(name);
  const auto found = text(name);
  const std::string_view chosen =
      found ? std::string_view(found->value) : std::get<std::string_view>(key.if_absent);
  return static_cast<std::size_t>(std::ranges::find(key.choices, chosen) - key.choices.begin());
}

FileReader::FileReader(const FileSchema& schema, const TomlValue& root, Diagnostics& diagnostics)
    : schema_(schema), root_(root), diagnostics_(diagnostics) {
  for (const TomlValue& member : root.children) {
    if (std::ranges::find(schema.top.keys, member.key, &KeySchema::name) != schema.top.keys.end()) {
      continue;
    }
    if (std::ranges::find(schema.sections, member.key, &SectionSchema::name) ==
        schema.sections.end()) {
      diagnostics.add(
          member.key_position,
          fmt::format("unknown {} {}{}", is_scalar(member) ? "key outside of a section" : "section",
                      in_quotes(member.key), suggestion(member.key, schema.sections)));
    }
  }
}

SectionReader FileReader::top() const {
  return {schema_.top, &root_, diagnostics_, SectionReader::Keys::kAny};
}

SectionReader FileReader::section(std::string_view name) const {
  const SectionSchema& schema = schema_.section(name);
  const TomlValue* value = root_.find(name);
  if (value == nullptr) {
    report_missing(schema, Position{});
  } else if (value->type != TomlType::kTable) {
    diagnostics_.add(value->position,
                     fmt::format("write one {}, not {}", schema.header(), describe(*value)));
    value = nullptr;
  }
  return {schema, value, diagnostics_};
}

std::vector<SectionReader> FileReader::sections(std::string_view name) const {
  const SectionSchema& schema = schema_.section(name);
  const TomlValue* value = root_.find(name);
  std::vector<SectionReader> readers;
  if (value == nullptr) {
    report_missing(schema, Position{});
    return readers;
  }
  if (value->type == TomlType::kTable) {
    diagnostics_.add(
        value->position,
        fmt::format("write {0} instead of [{1}]: there may be several", schema.header(), name));
    readers.emplace_back(schema, value, diagnostics_);
    return readers;
  }
  if (value->type != TomlType::kArray) {
    diagnostics_.add(value->position, fmt::format("{} must be tables, not {}; write {}", name,
                                                  describe(*value), schema.header()));
    return readers;
  }
  if (value->children.empty() && !schema.may_be_empty) {
    report_missing(schema, value->position);
  }
  for (const TomlValue& item : value->children) {
    if (item.type == TomlType::kTable) {
      readers.emplace_back(schema, &item, diagnostics_);
    } else {
      diagnostics_.add(item.position, fmt::format("each {} must be a table, not {}; write {}", name,
                                                  describe(item), schema.header()));
    }
  }
  return readers;
}

void FileReader::report_missing(const SectionSchema& section, Position position) const {
  if (section.required) {
    diagnostics_.add(position,
                     fmt::format("there is no {}; {}", section.header(), section.if_missing));
  }
}

}  // namespace natto
