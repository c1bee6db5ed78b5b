#include "support/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace natto::test {

Bytes from_hex(std::string_view hex) {
  std::string digits;
  std::ranges::copy_if(hex, std::back_inserter(digits), [](char c) { return c != ' '; });
  Bytes bytes(digits.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* first = digits.data() + 2 * i;
    if (std::from_chars(first, first + 2, bytes[i], 16).ptr != first + 2) {
      throw std::invalid_argument("not hex: " + digits);
    }
  }
  return bytes;
}

std::string to_hex(const Bytes& bytes) {
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += fmt::format("{:02x}", byte);
  }
  return hex;
}

Bytes frame_of(const Bytes& l3) {
  Bytes frame = from_hex("020000000001 020000000002 0800");
  frame.insert(frame.end(), l3.begin(), l3.end());
  return frame;
}

Bytes l3_of(const Bytes& frame) { return {frame.begin() + 14, frame.end()}; }

testing::AssertionResult same_bytes(const Bytes& expected, const Bytes& actual) {
  if (expected == actual) {
    return testing::AssertionSuccess();
  }
  const auto [at, _] = std::ranges::mismatch(expected, actual);
  return testing::AssertionFailure() << fmt::format(
             "first difference at byte {}\n expected {}\n actual   {}\n"
             " scapy: IP(bytes.fromhex('{}')).show2()\n scapy: IP(bytes.fromhex('{}')).show2()",
             at - expected.begin(), to_hex(expected), to_hex(actual), to_hex(expected),
             to_hex(actual));
}

}  // namespace natto::test
