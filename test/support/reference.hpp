#pragma once

// Checksums by the book: RFC 1071 over all bytes, two at a time, big-endian. Slow, obvious, and
// without a line of the product in it.

#include <cstdint>

#include "support/bytes.hpp"

namespace natto::test {

/// The Internet checksum of `bytes`, in which the checksum's own field is zero.
[[nodiscard]] inline std::uint16_t reference_checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8);
    sum += i + 1 < bytes.size() ? bytes[i + 1] : 0U;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

[[nodiscard]] inline std::uint16_t read16(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
inline void write16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
  bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}

/// Recomputes the IPv4 header checksum of `l3`.
inline void fix_ip_checksum(Bytes& l3) {
  const std::size_t header = (l3[0] & 0x0fU) * 4;
  write16(l3, 10, 0);
  write16(l3, 10, reference_checksum({l3.begin(), l3.begin() + static_cast<long>(header)}));
}

/// The transport checksum that `l3` should have at `offset` of its transport header.
[[nodiscard]] inline std::uint16_t reference_transport_checksum(const Bytes& l3,
                                                                std::size_t offset) {
  const std::size_t header = (l3[0] & 0x0fU) * 4;
  Bytes covered(l3.begin() + 12, l3.begin() + 20);
  const auto length = static_cast<std::uint16_t>(l3.size() - header);
  covered.insert(covered.end(), {0, l3[9], static_cast<std::uint8_t>(length >> 8),
                                 static_cast<std::uint8_t>(length)});
  covered.insert(covered.end(), l3.begin() + static_cast<long>(header), l3.end());
  write16(covered, 12 + offset, 0);
  return reference_checksum(covered);
}

}  // namespace natto::test
