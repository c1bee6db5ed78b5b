#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include "config/schema.hpp"

namespace natto {
namespace {

/// The column that says what holds without the key.
std::string default_text(const KeySchema& key) {
  if (const auto* left_out = std::get_if<LeftOut>(&key.if_absent)) {
    return std::string(left_out->meaning);
  }
  if (const auto* number = std::get_if<std::int64_t>(&key.if_absent)) {
    return fmt::format("`{}`", *number);
  }
  if (const auto* text = std::get_if<std::string_view>(&key.if_absent)) {
    const bool is_bare = key.kind == ValueKind::kBoolean || key.kind == ValueKind::kShare;
    return is_bare ? fmt::format("`{}`", *text) : fmt::format("`\"{}\"`", *text);
  }
  return "**required**";
}

std::string_view how_often(const SectionSchema& section) {
  if (section.repeated) {
    return section.may_be_empty ? "Any number of times." : "Once or more.";
  }
  return section.required ? "Once." : "Once, or not at all.";
}

void add_section(std::string& out, std::string_view title, const SectionSchema& section,
                 std::string_view often) {
  fmt::format_to(std::back_inserter(out), "\n### `{}`\n\n{}{}\n\n", title, section.meaning, often);
  out += "| key | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const KeySchema& key : section.keys) {
    fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} | {} |\n", key.name, key.type(),
                   default_text(key), key.allowed(), key.meaning);
  }
}

}  // namespace

std::string configuration_markdown() {
  std::string out;
  for (const FileSchema* file : {&config_schema(), &mappings_schema()}) {
    fmt::format_to(std::back_inserter(out), "## {}\n", file->name);
    if (!file->top.keys.empty()) {
      add_section(out, file->top.name, file->top, "");
    }
    for (const SectionSchema& section : file->sections) {
      add_section(out, section.header(), section, fmt::format(" {}", how_often(section)));
    }
    out += '\n';
  }
  out.pop_back();
  return out;
}

}  // namespace natto
