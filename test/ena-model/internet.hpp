#pragma once

// What the card knows of packets: where headers are, and the Internet checksum (RFC 1071). The
// model's own calculation, so that it can judge natto's.

#include <cstdint>
#include <optional>
#include <span>

namespace ena_model {

using Bytes = std::span<const std::uint8_t>;

inline std::uint16_t read16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// The one's complement sum of `bytes` and `start`, folded. 0xffff over a right checksum.
inline std::uint16_t ones_sum(Bytes bytes, std::uint32_t start = 0) {
  std::uint64_t sum = start;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    sum += read16(bytes, i);
  }
  if (bytes.size() % 2 != 0) {
    sum += static_cast<std::uint32_t>(bytes.back()) << 8;
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

constexpr std::size_t kEthernetBytes = 14;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

/// The IPv4 packet of an Ethernet frame: without what pads the frame.
struct Ipv4 {
  Bytes packet;
  std::size_t header_bytes;

  [[nodiscard]] Bytes header() const { return packet.first(header_bytes); }
  [[nodiscard]] Bytes payload() const { return packet.subspan(header_bytes); }
  [[nodiscard]] std::uint8_t protocol() const { return packet[9]; }
  [[nodiscard]] bool is_fragment() const { return (read16(packet, 6) & 0x3fff) != 0; }
  /// Of the pseudo-header of TCP and UDP.
  [[nodiscard]] std::uint32_t pseudo_sum() const {
    return ones_sum(packet.subspan(12, 8)) + protocol() +
           static_cast<std::uint32_t>(payload().size());
  }
};

/// None: it is no IPv4, or its lengths are wrong.
inline std::optional<Ipv4> ipv4_of(Bytes frame) {
  if (frame.size() < kEthernetBytes + 20 || read16(frame, 12) != 0x0800) {
    return std::nullopt;
  }
  const Bytes rest = frame.subspan(kEthernetBytes);
  const std::size_t header = (rest[0] & 0xfU) * 4;
  const std::size_t total = read16(rest, 2);
  if (rest[0] >> 4 != 4 || header < 20 || total < header || rest.size() < total) {
    return std::nullopt;
  }
  return Ipv4{rest.first(total), header};
}

}  // namespace ena_model
