#pragma once

// The rules of a forwarding natto, around the two look-ups: what may go on, and what may leave.

#include "packet/address_rules.hpp"
#include "packet/port_rules.hpp"
#include "packet/refusal.hpp"

namespace natto {

/// Whether a packet that arrived on port `in` is to be translated, or why not;
/// to_own_address if it is for natto itself. An unmapped sender may pass where the port lets it,
/// towards a mapped host, unless it poses as a mapped host: `is_mapped_address(source)` is asked
/// only then (H11).
template <typename IsMappedAddress>
[[nodiscard]] constexpr Verdict admit(const ParsedPacket& packet, const PortRules& in, Known known,
                                      IsMappedAddress is_mapped_address) noexcept {
  if (!known.source || !known.destination) [[unlikely]] {
    const Verdict refusal = refuse(packet, in, known);
    const bool may_pass = refusal == Verdict(DropReason::kSourceNotMapped) && known.destination &&
                          in.admits_unmapped_sources;
    if (!may_pass) {
      return refusal;
    }
    if (is_mapped_address(packet.source)) {
      return DropReason::kSourceIsMappedAddress;
    }
  }
  if (is_directed_broadcast(packet.destination, in.address)) {
    return DropReason::kDestinationBroadcast;
  }
  if (packet.source == packet.destination) {
    return DropReason::kSourceIsDestination;
  }
  return Verdict::forward();
}

/// Whether an admitted packet may leave by port `out` for `destination`, its new one. R14, R15,
/// R22.
[[nodiscard]] constexpr Verdict may_leave(const ParsedPacket& packet, Ipv4Address destination,
                                          const PortRules& out) noexcept {
  if (is_directed_broadcast(destination, out.address)) {
    return DropReason::kDestinationBroadcast;
  }
  if (packet.ttl <= 1) {
    return DropReason::kTtlExpired;
  }
  if (packet.total_length > out.mtu && packet.dont_fragment) {
    return DropReason::kExceedsMtu;
  }
  return Verdict::forward();
}

}  // namespace natto
