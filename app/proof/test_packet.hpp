#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "packet/wire.hpp"

namespace natto::proof {

using Bytes = std::vector<std::uint8_t>;

/// A frame with an IPv4 packet, and where it arrives. Its identification is its own in a proof.
struct TestPacket {
  std::string realm;
  Bytes frame;
};

/// What came out for a packet. IPv4, without an Ethernet header.
struct Forwarded {
  std::string realm;  ///< towards which it left
  Bytes packet;

  friend bool operator==(const Forwarded&, const Forwarded&) = default;
};

/// Of an IPv4 packet.
[[nodiscard]] inline std::uint16_t identification_of(const std::uint8_t* packet) {
  return static_cast<std::uint16_t>(packet[4] << 8U | packet[5]);
}

}  // namespace natto::proof
