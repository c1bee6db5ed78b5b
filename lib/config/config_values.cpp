#include "config/config_values.hpp"

#include <fmt/format.h>

#include <set>
#include <variant>

#include "config/schema.hpp"
#include "config/toml/value.hpp"

namespace natto {
namespace {

std::string text_of(const TomlValue& value) {
  if (value.type == TomlType::kInteger) {
    return std::to_string(value.integer);  // however the file writes it
  }
  std::string text = value.text;
  for (const TomlValue& item : value.children) {
    text += text_of(item) + '\n';
  }
  return text;
}

std::string default_of(const KeySchema& key) {
  if (const auto* number = std::get_if<std::int64_t>(&key.if_absent)) {
    return std::to_string(*number);
  }
  const auto* text = std::get_if<std::string_view>(&key.if_absent);
  return text == nullptr ? "" : std::string(*text);
}

/// `table` null: the file does not have the section.
std::map<std::string, std::string> values_of(const SectionSchema& section, const TomlValue* table) {
  std::map<std::string, std::string> values;
  for (const KeySchema& key : section.keys) {
    const TomlValue* value = table == nullptr ? nullptr : table->find(key.name);
    values.emplace(key.name, value == nullptr ? default_of(key) : text_of(*value));
  }
  return values;
}

}  // namespace

ConfigValues config_values(const FileSchema& schema, const TomlValue& root) {
  ConfigValues values;
  for (const SectionSchema& section : schema.sections) {
    const TomlValue* found = root.find(section.name);
    if (!section.repeated) {
      values.emplace(section.name, values_of(section, found));
      continue;
    }
    for (std::size_t i = 0; found != nullptr && i < found->children.size(); ++i) {
      values.emplace(fmt::format("{} {}", section.name, i),
                     values_of(section, &found->children[i]));
    }
  }
  return values;
}

std::vector<std::string> differing_keys(const ConfigValues& one, const ConfigValues& other) {
  std::set<std::string> differing;
  const auto compare = [&differing](const ConfigValues& left, const ConfigValues& right) {
    for (const auto& [section, values] : left) {
      const auto found = right.find(section);
      if (found == right.end()) {
        differing.insert(section);
        continue;
      }
      for (const auto& [key, text] : values) {
        if (found->second.at(key) != text) {
          differing.insert(fmt::format("{} {}", section, key));
        }
      }
    }
  };
  compare(one, other);
  compare(other, one);
  return {differing.begin(), differing.end()};
}

}  // namespace natto
