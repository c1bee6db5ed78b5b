#include "config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "config/toml/utf8.hpp"

namespace natto {
namespace {

std::vector<Located<std::string>> by_position(std::vector<Located<std::string>> entries) {
  std::ranges::stable_sort(entries, {}, &Located<std::string>::position);
  return entries;
}

}  // namespace

std::string Diagnostics::render() const {
  std::string text;
  for (const Located<std::string>& error : by_position(errors_)) {
    text += (text.empty() ? "" : "\n") + line(error, "");
  }
  return text;
}

std::vector<std::string> Diagnostics::render_warnings() const {
  std::vector<std::string> lines;
  for (const Located<std::string>& warning : by_position(warnings_)) {
    if (lines.size() == kMostWarnings) {
      lines.push_back(fmt::format("{}: and {} more warnings", file_.string(),
                                  warnings_.size() - kMostWarnings));
      break;
    }
    lines.push_back(line(warning, "warning: "));
  }
  return lines;
}

std::string Diagnostics::line(const Located<std::string>& entry, std::string_view kind) const {
  return fmt::format("{}:{}:{}: {}{}", file_.string(), entry.position.line, entry.position.column,
                     kind, entry.value);
}

std::string Diagnostics::place(std::uint32_t line) const {
  return fmt::format("{}:{}", file_.string(), line);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 80;  // bytes shown of a long text
  const bool cut = text.size() > kLongest;
  if (cut) {
    std::size_t end = kLongest;
    while (end > 0 && !begins_character(text[end])) {
      --end;
    }
    text = text.substr(0, end);
  }

  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + (cut ? "...\"" : "\"");
}

}  // namespace natto
