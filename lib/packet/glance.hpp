#pragma once

#include <cstdint>
#include <span>

#include "base/address.hpp"

namespace natto {

/// What a person knows a packet by.
struct Glance {
  std::uint16_t ethertype = 0;  ///< 0: the frame ends before it
  std::uint8_t protocol = 0;    ///< of IPv4
  bool has_addresses = false;   ///< of IPv4, or sender and target of ARP
  bool has_ports = false;
  Ipv4Address source = {};
  Ipv4Address destination = {};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

/// Of what begins with `head`, however damaged: what is not there is left out, and nothing else is
/// checked.
[[nodiscard]] Glance glance_at(std::span<const std::uint8_t> head) noexcept;

/// Bytes of a frame that are enough for it: with as many IPv4 options as there may be.
inline constexpr std::size_t kGlanceBytes = 14 + 60 + 4;

}  // namespace natto
