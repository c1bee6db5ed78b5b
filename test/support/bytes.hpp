#pragma once

// Packets as byte strings in tests: hex in, hex out, and a line for Scapy when one is not as
// expected.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace natto::test {

using Bytes = std::vector<std::uint8_t>;

/// Spaces are ignored.
[[nodiscard]] Bytes from_hex(std::string_view hex);
[[nodiscard]] std::string to_hex(const Bytes& bytes);

/// `l3` in an Ethernet frame between two made-up stations.
[[nodiscard]] Bytes frame_of(const Bytes& l3);
/// What lies behind the Ethernet header of `frame`.
[[nodiscard]] Bytes l3_of(const Bytes& frame);

/// Equal, or a message with both as hex, the first difference, and a Scapy line for each.
[[nodiscard]] testing::AssertionResult same_bytes(const Bytes& expected, const Bytes& actual);

}  // namespace natto::test
