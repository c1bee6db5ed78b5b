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

/// Adjusts a transport checksum for a change of the addresses it covers. R4: a UDP checksum of 0
/// stays 0, and a computed 0 becomes ffff (RFC 768).
inline void adjust_transport(std::span<std::uint8_t> head, TransportChecksum transport,
                             ChecksumDelta delta) noexcept {
  auto& checksum = header_at<Be16>(head, transport.offset);
  if (!transport.zero_means_none) {
    checksum = adjusted(checksum, delta);
  } else if (checksum.raw() != 0) {
    const Be16 computed = adjusted(checksum, delta);
    checksum = computed.raw() == 0 ? Be16::from_raw(0xffff) : computed;
  }
}

/// Replaces source and destination and takes one off the TTL. `head` is what `packet` was parsed
/// from; only the addresses, the TTL, the header checksum and the transport checksum change.
///
/// R1, R2, R4, R14 of doc/rfc-compliance.md: one pass, RFC 1624 incremental. The TTL must be at
/// least 1.
inline void rewrite(std::span<std::uint8_t> head, const ParsedPacket& packet, Replacement source,
                    Replacement destination) noexcept {
  const ChecksumDelta addresses = source.delta + destination.delta;

  auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  ip.source = source.address;
  ip.destination = destination.address;
  --ip.ttl;
  ip.checksum = adjusted(ip.checksum, addresses + kTtlDecrementDelta);

  if (packet.transport.offset != 0) {
    adjust_transport(head, packet.transport, addresses);
  }
}

/// Translates the packet that an ICMP error quotes, and keeps the error's own checksum right for
/// it: RFC 5508 §4.2. `source` and `destination` are those of the quoted packet. The outer header
/// is for rewrite(), which leaves ICMP checksums alone.
///
/// R27, R29-R31, R36: quoted checksums that were wrong stay wrong; type, code and everything behind
/// the quoted transport checksum stay as they are; so does the quoted TTL.
void rewrite_quoted(std::span<std::uint8_t> head, const ParsedPacket& packet, Replacement source,
                    Replacement destination) noexcept;

/// Addresses the frame to its next hop.
inline void rewrite_ethernet(std::span<std::uint8_t> head, const MacAddress& source,
                             const MacAddress& destination) noexcept {
  auto& ethernet = header_at<EthernetHeader>(head, 0);
  ethernet.source = source;
  ethernet.destination = destination;
}

}  // namespace natto
