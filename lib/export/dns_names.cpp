#include "export/dns_names.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace natto::exports {
namespace {

constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestHostName = 253;

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kLongestLabel && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return c == '-' || is_letter_or_digit(c); });
}

}  // namespace

bool is_host_name(std::string_view text) noexcept {
  if (text.size() > kLongestHostName) {
    return false;
  }
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_label(text.substr(0, dot))) {
      return false;
    }
    text.remove_prefix(dot + 1);
  }
  return is_label(text);
}

std::optional<std::string> host_name(std::string_view mapping, std::string_view domain) {
  std::string name(mapping);
  if (!domain.empty()) {
    name += '.';
    name += domain;
  }
  std::ranges::transform(name, name.begin(), to_lower);
  return is_host_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

}  // namespace natto::exports
