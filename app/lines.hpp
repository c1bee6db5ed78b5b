#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace natto {

/// Text that grows line by line.
class Lines {
 public:
  template <typename... Values>
  Lines& add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_ += '\n';
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// The first of a text of several lines: what is wrong, without the rest and what to do about it.
inline std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// What to do about the first of a text of several lines, where the next one, indented, says so.
inline std::string advice_below(const std::string& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string rest = text.substr(std::min(end + 1, text.size()));
  return rest.starts_with("  ") ? first_line(rest.substr(2)) : "";
}

/// 0 where there is nothing to divide by.
inline double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace natto
