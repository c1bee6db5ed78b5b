#pragma once

// What natto relies on in the header behind the IPv4 header, by protocol number.

#include <array>
#include <cstdint>

#include "packet/wire.hpp"

namespace natto {

/// A transport checksum that covers the packet's addresses.
struct TransportChecksum {
  std::uint16_t offset = 0;      ///< from the frame's first byte; 0: there is none to adjust
  bool zero_means_none = false;  ///< UDP and UDP-Lite (RFC 768)

  friend constexpr bool operator==(const TransportChecksum&, const TransportChecksum&) = default;
};

struct TransportRule {
  std::uint8_t least_header = 0;     ///< bytes of the shortest header that natto looks into
  std::uint8_t checksum_offset = 0;  ///< in the header; 0: no checksum covers the addresses (R5)
  bool zero_means_none = false;      ///< see TransportChecksum
};

/// By protocol number.
inline constexpr std::array<TransportRule, 256> kTransportRules = [] {
  std::array<TransportRule, 256> rules{};
  rules[protocol::kTcp] = {.least_header = 20, .checksum_offset = 16};
  rules[protocol::kUdp] = {.least_header = 8, .checksum_offset = 6, .zero_means_none = true};
  rules[protocol::kUdpLite] = rules[protocol::kUdp];
  rules[protocol::kDccp] = {.least_header = 12, .checksum_offset = 6};
  rules[protocol::kIcmp] = {.least_header = 8};
  return rules;
}();

/// Where the checksum of a header at `offset` lies in the frame.
[[nodiscard]] constexpr TransportChecksum transport_checksum(const TransportRule& rule,
                                                             std::size_t offset) noexcept {
  if (rule.checksum_offset == 0) {
    return {};
  }
  return {.offset = static_cast<std::uint16_t>(offset + rule.checksum_offset),
          .zero_means_none = rule.zero_means_none};
}

}  // namespace natto
