#pragma once

#include "packet/address_rules.hpp"
#include "packet/parse.hpp"
#include "packet/port_rules.hpp"
#include "packet/verdict.hpp"

namespace natto {

/// Which of a packet's two addresses the mapping table knows.
struct Known {
  bool source = false;
  bool destination = false;
};

/// Whether a packet that arrived on port `in` has a source that none may have (R21). A link-local
/// one may have the kernel for its destination, which is on the same link (instance metadata).
[[nodiscard]] constexpr bool has_invalid_source(const ParsedPacket& packet,
                                                const PortRules& in) noexcept {
  const Ipv4Address source = packet.source;
  if (is_link_local(source)) {
    return !in.reaches_kernel || packet.destination != in.address.address;
  }
  return is_martian(source) || is_multicast(source) || is_directed_broadcast(source, in.address);
}

/// Why a packet that arrived on port `in` is not translated, most telling reason first;
/// to_own_address if it is for natto itself. At least one address is unknown.
///
/// The table never holds martian, broadcast or own addresses (R12), so it is enough to look for
/// these here, off the way of good traffic. R21, R22, R24, H11 of doc/rfc-compliance.md.
[[nodiscard]] constexpr Verdict refuse(const ParsedPacket& packet, const PortRules& in,
                                       Known known) noexcept {
  const Ipv4Prefix& own = in.address;
  const Ipv4Address source = packet.source;
  const Ipv4Address destination = packet.destination;
  if (has_invalid_source(packet, in)) {
    return DropReason::kSourceMartian;
  }
  if (is_multicast(destination) || is_limited_broadcast(destination) ||
      is_directed_broadcast(destination, own)) {
    return DropReason::kDestinationBroadcast;
  }
  if (is_martian(destination)) {
    return DropReason::kDestinationMartian;
  }
  if (source == destination) {
    return DropReason::kSourceIsDestination;
  }
  if (source == own.address) {
    return DropReason::kSourceIsOwnAddress;
  }
  if (destination == own.address) {
    return Verdict::to_own_address();
  }
  if (packet.is_icmp_error()) {
    return DropReason::kIcmpErrorNotMapped;  // R33
  }
  return known.source ? DropReason::kDestinationNotMapped : DropReason::kSourceNotMapped;
}

}  // namespace natto
