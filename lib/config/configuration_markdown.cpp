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
    return key.kind == ValueKind::kBoolean ? fmt::format("`{}`", *text)
                                           : fmt::format("`\"{}\"`", *text);
  }
  return "**required**";
}

std::string_view how_often(const SectionSchema& section) {
  if (section.repeated) {
    return section.may_be_empty ? "Any number of times." : "Once or more.";
  }
  return section.required ? "Once." : "Once, or not at all.";
}

}  // namespace

std::string configuration_markdown() {
  std::string out;
  for (const FileSchema* file : {&config_schema(), &mappings_schema()}) {
    fmt::format_to(std::back_inserter(out), "## {}\n", file->name);
    for (const SectionSchema& section : file->sections) {
      fmt::format_to(std::back_inserter(out), "\n### `{}`\n\n{} {}\n\n", section.header(),
                     section.meaning, how_often(section));
      out += "| key | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n";
      for (const KeySchema& key : section.keys) {
        fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} | {} |\n", key.name,
                       key.type(), default_text(key), key.allowed(), key.meaning);
      }
    }
    out += '\n';
  }
  out.pop_back();
  return out;
}

}  // namespace natto
