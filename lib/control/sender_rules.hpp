#pragma once

#include <cstdint>
#include <span>

#include "packet/arp.hpp"

namespace natto {

/// What the kernel may send on a port's link.
struct SenderRules {
  ArpParty self;      ///< the port's own addresses
  std::uint16_t mtu;  ///< bytes from the IPv4 header on
};

/// Whether the kernel may send this frame: unicast IPv4 from the port's own addresses, and ARP
/// requests of their owner. Not IPv6, nor broadcasts and multicasts, nor packets of others that the
/// kernel forwards, nor ARP replies: natto answers for the address.
[[nodiscard]] bool may_send(std::span<const std::uint8_t> frame, const SenderRules& rules) noexcept;

}  // namespace natto
