#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "config/diagnostics.hpp"

namespace natto {
namespace {

struct LcoreRange {
  std::int64_t first;
  std::int64_t last;
};

/// A number that is all of `text`; one too large for 64 bits is the largest of them.
std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t value = std::numeric_limits<std::int64_t>::max();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "3" or "1-3".
std::optional<LcoreRange> parse_lcore_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1));
  if (!first || !last) {
    return std::nullopt;
  }
  return LcoreRange{*first, *last};
}

/// Why `text`, which could not be read, is not an IPv4 address; `example` is one that is right.
Error not_an_address(std::string_view text, std::string_view example) {
  const auto because = [&](std::string_view reason) {
    return input_error(fmt::format("{} is not an IPv4 address{}; write it like \"{}\"",
                                   in_quotes(text), reason, example));
  };
  if (text.find_first_of(" \t\r\n") != std::string_view::npos) {
    return because(": there is white space in it");
  }
  if (text.find(':') != std::string_view::npos) {
    return because(" (natto does not translate IPv6)");
  }
  const auto digit = [&](std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '0' && digit(i + 1) && (i == 0 || !digit(i - 1))) {
      return because(": a number in it has leading zeros");
    }
  }
  return because("");
}

}  // namespace

Result<std::vector<unsigned>> parse_lcores(std::string_view text, IntegerRange range) {
  std::vector<unsigned> lcores;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const auto lcore_range = parse_lcore_range(part);
    if (!lcore_range) {
      return input_error(
          fmt::format("{} is neither a core's number nor a range; write a list like \"1-3,5\"",
                      in_quotes(part)));
    }
    const auto [first, last] = *lcore_range;
    if (std::min(first, last) < range.min || std::max(first, last) > range.max) {
      return input_error(
          fmt::format("{} is outside the cores {} to {}", in_quotes(part), range.min, range.max));
    }
    if (first > last) {
      return input_error(fmt::format("the range {} runs backwards; write \"{}-{}\"",
                                     in_quotes(part), last, first));
    }
    if (!lcores.empty() && first <= lcores.back()) {
      return input_error(fmt::format("{} after {}: list the cores once each, ascending",
                                     in_quotes(part), lcores.back()));
    }
    for (std::int64_t lcore = first; lcore <= last; ++lcore) {
      lcores.push_back(static_cast<unsigned>(lcore));
    }
    if (comma == std::string_view::npos) {
      return lcores;
    }
    text.remove_prefix(comma + 1);
  }
}

Result<Ipv4Address> parse_address(std::string_view text) {
  if (const auto address = parse_ipv4_address(text)) {
    return *address;
  }
  return not_an_address(text, "10.0.0.1");
}

Result<Ipv4Prefix> parse_interface_address(std::string_view text) {
  if (const auto prefix = parse_ipv4_prefix(text)) {
    return *prefix;
  }
  return not_an_address(text, "10.0.0.1/24");
}

Result<Ipv4Prefix> parse_address_range(std::string_view text) {
  const auto prefix = parse_ipv4_prefix(text);
  if (!prefix) {
    return not_an_address(text, "10.0.0.1\" or \"10.0.0.0/24");
  }
  if (prefix->has_host_bits()) {
    const Ipv4Prefix network{prefix->first(), prefix->length};
    return input_error(
        fmt::format("{} has host bits set; write \"{}\" for the network, or \"{}\" "
                    "for the host",
                    in_quotes(text), to_string(network), to_string(prefix->address)));
  }
  return *prefix;
}

Result<MacAddress> parse_host_mac(std::string_view text) {
  const auto mac = parse_mac_address(text);
  if (!mac) {
    return input_error(fmt::format("{} is not a MAC address; write it like \"02:00:00:00:00:01\"",
                                   in_quotes(text)));
  }
  if (mac->is_group() || mac->is_zero()) {
    return input_error(fmt::format("{} is {}; give the MAC address of one host", in_quotes(text),
                                   mac->is_zero() ? "all zero" : "a group address"));
  }
  return *mac;
}

bool is_name(std::string_view text, IntegerRange length) noexcept {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return text.find_first_not_of(kCharacters) == std::string_view::npos &&
         std::cmp_greater_equal(text.size(), length.min) &&
         std::cmp_less_equal(text.size(), length.max);
}

bool is_party(std::string_view text) noexcept {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-@+";
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest && text.front() != '.' &&
         text.find_first_not_of(kCharacters) == std::string_view::npos;
}

bool is_plain_text(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned next = byte(i + 1);
    const unsigned last = byte(i + 2);
    const bool is_control = byte(i) < 0x20 || byte(i) == 0x7f || (byte(i) == 0xc2 && next < 0xa0);
    const bool is_arabic_mark = byte(i) == 0xd8 && next == 0x9c;  // U+061C
    const bool is_mark =                                          // U+200E, U+200F, U+2028..202E
        byte(i) == 0xe2 && next == 0x80 &&
        (last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae));
    const bool is_isolate =  // U+2066..2069
        byte(i) == 0xe2 && next == 0x81 && last >= 0xa6 && last <= 0xa9;
    if (is_control || is_arabic_mark || is_mark || is_isolate) {
      return false;
    }
  }
  return !text.empty();
}

}  // namespace natto
