#include "config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "config/toml/utf8.hpp"

namespace natto {

std::string Diagnostics::render() const {
  std::vector<const Located<std::string>*> sorted;
  for (const auto& error : errors_) {
    sorted.push_back(&error);
  }
  std::ranges::stable_sort(sorted, {}, [](const auto* error) { return error->position; });

  std::string text;
  for (const auto* error : sorted) {
    const auto [line, column] = error->position;
    fmt::format_to(std::back_inserter(text), "{}{}:{}:{}: {}", text.empty() ? "" : "\n",
                   file_.string(), line, column, error->value);
  }
  return text;
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
