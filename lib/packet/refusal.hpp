#pragma once

#include "packet/address_rules.hpp"
#include "packet/parse.hpp"
#include "packet/verdict.hpp"

namespace natto {

/// Which of a packet's two addresses the mapping table knows.
struct Known {
  bool source = false;
  bool destination = false;
};

/// A source that no packet may have (R21): from a port whose own address is `own`.
[[nodiscard]] constexpr bool is_invalid_source(Ipv4Address source, const Ipv4Prefix& own) noexcept {
  return is_martian(source) || is_multicast(source) || is_directed_broadcast(source, own);
}

/// Why a packet that arrived on the port with address `own` is not translated, most telling reason
/// first; to_control if it is for natto itself. At least one address is unknown.
///
/// The table never holds martian, broadcast or own addresses (R12), so it is enough to look for
/// these here, off the way of good traffic. R21, R22, R24, H11 of doc/rfc-compliance.md.
[[nodiscard]] constexpr Verdict refuse(const ParsedPacket& packet, const Ipv4Prefix& own,
                                       Known known) noexcept {
  const Ipv4Address source = packet.source;
  const Ipv4Address destination = packet.destination;
  if (is_invalid_source(source, own)) {
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
    return Verdict::to_control();
  }
  if (packet.is_icmp_error()) {
    return DropReason::kIcmpErrorNotMapped;  // R33
  }
  return known.source ? DropReason::kDestinationNotMapped : DropReason::kSourceNotMapped;
}

}  // namespace natto
