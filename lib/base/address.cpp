#include "base/address.hpp"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace natto {
namespace {

/// Takes a decimal number of at most three digits, without leading zeros, off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text, unsigned max) noexcept {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto digits = static_cast<std::size_t>(end - text.data());
  const bool leading_zero = digits > 1 && text.front() == '0';
  if (error != std::errc{} || digits > 3 || leading_zero || value > max) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, char expected) noexcept {
  if (text.empty() || text.front() != expected) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

std::optional<Ipv4Address> take_address(std::string_view& text) noexcept {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !take_char(text, '.')) {
      return std::nullopt;
    }
    const auto number = take_number(text, 255);
    if (!number) {
      return std::nullopt;
    }
    value = value << 8 | *number;
  }
  return Ipv4Address::from_host(value);
}

}  // namespace

std::optional<Ipv4Address> parse_ipv4_address(std::string_view text) noexcept {
  const auto address = take_address(text);
  return text.empty() ? address : std::nullopt;
}

std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text) noexcept {
  const auto address = take_address(text);
  if (!address) {
    return std::nullopt;
  }
  if (text.empty()) {
    return Ipv4Prefix{*address, 32};
  }
  if (!take_char(text, '/')) {
    return std::nullopt;
  }
  const auto length = take_number(text, 32);
  if (!length || !text.empty()) {
    return std::nullopt;
  }
  return Ipv4Prefix{*address, static_cast<std::uint8_t>(*length)};
}

std::optional<MacAddress> parse_mac_address(std::string_view text) noexcept {
  if (text.size() != 17) {
    return std::nullopt;
  }
  MacAddress mac{};
  for (std::size_t i = 0; i < mac.bytes.size(); ++i) {
    const char* first = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(first, first + 2, mac.bytes[i], 16);
    if (error != std::errc{} || end != first + 2 || (i < 5 && first[2] != ':')) {
      return std::nullopt;
    }
  }
  return mac;
}

std::string to_string(Ipv4Address address) {
  const std::uint32_t v = address.host();
  return fmt::format("{}.{}.{}.{}", v >> 24, v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
}

std::string to_string(const Ipv4Prefix& prefix) {
  return prefix.length == 32 ? to_string(prefix.address) : to_cidr(prefix);
}

std::string to_cidr(const Ipv4Prefix& prefix) {
  return fmt::format("{}/{}", to_string(prefix.address), prefix.length);
}

std::string to_string(const MacAddress& mac) {
  const auto& b = mac.bytes;
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", b[0], b[1], b[2], b[3], b[4],
                     b[5]);
}

}  // namespace natto
