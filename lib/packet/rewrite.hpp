#pragma once

// The translation itself: addresses, TTL and checksums of one packet, in place.

#include <span>

#include "base/address.hpp"
#include "packet/checksum.hpp"
#include "packet/parse.hpp"
#include "packet/wire.hpp"

namespace natto {

/// What one address of a packet becomes, and what that does to every checksum which covers it.
struct Replacement {
  Ipv4Address address;
  ChecksumDelta delta;
};

/// Replaces source and destination and takes one off the TTL. `head` is what `packet` was parsed
/// from; only the addresses, the TTL, the header checksum and the transport checksum change.
///
/// R1, R2, R4, R14 of doc/rfc-compliance.md: one pass, RFC 1624 incremental, a UDP checksum of 0
/// stays 0 and a computed 0 becomes ffff (RFC 768). The TTL must be at least 1.
inline void rewrite(std::span<std::uint8_t> head, const ParsedPacket& packet, Replacement source,
                    Replacement destination) noexcept {
  const ChecksumDelta addresses = source.delta + destination.delta;

  auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  ip.source = source.address;
  ip.destination = destination.address;
  --ip.ttl;
  ip.checksum = adjusted(ip.checksum, addresses + kTtlDecrementDelta);

  if (packet.l4_checksum_offset == 0) {
    return;
  }
  auto& checksum = header_at<Be16>(head, packet.l4_checksum_offset);
  if (!packet.zero_checksum_means_none) {
    checksum = adjusted(checksum, addresses);
  } else if (checksum.raw() != 0) {
    const Be16 computed = adjusted(checksum, addresses);
    checksum = computed.raw() == 0 ? Be16::from_raw(0xffff) : computed;
  }
}

/// Addresses the frame to its next hop.
inline void rewrite_ethernet(std::span<std::uint8_t> head, const MacAddress& source,
                             const MacAddress& destination) noexcept {
  auto& ethernet = header_at<EthernetHeader>(head, 0);
  ethernet.source = source;
  ethernet.destination = destination;
}

}  // namespace natto
