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

/// What both addresses of a packet become.
struct NewAddresses {
  Ipv4Address source;
  Ipv4Address destination;
  ChecksumDelta delta;  ///< of both

  [[nodiscard]] static constexpr NewAddresses of(Replacement source,
                                                 Replacement destination) noexcept {
    return {source.address, destination.address, source.delta + destination.delta};
  }
};

/// Replaces source and destination and takes one off the TTL, and leaves the checksums, which are
/// wrong then, to the caller. The TTL must be at least 1.
inline void rewrite_addresses(std::span<std::uint8_t> head,
                              const NewAddresses& addresses) noexcept {
  auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  ip.source = addresses.source;
  ip.destination = addresses.destination;
  --ip.ttl;
}

/// Replaces source and destination and takes one off the TTL. `head` is what the packet was parsed
/// from; only the addresses, the TTL, the header checksum and the transport checksum change.
///
/// R1, R2, R4, R14 of doc/rfc-compliance.md: one pass, RFC 1624 incremental. The TTL must be at
/// least 1.
inline void rewrite(std::span<std::uint8_t> head, TransportChecksum transport,
                    const NewAddresses& addresses) noexcept {
  rewrite_addresses(head, addresses);
  auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  ip.checksum = adjusted(ip.checksum, addresses.delta + kTtlDecrementDelta);

  if (transport.offset != 0) {
    auto& checksum = header_at<Be16>(head, transport.offset);
    checksum = adjusted_transport(checksum, transport.zero_means_none, addresses.delta);
  }
}

/// Translates the packet that an ICMP error quotes, and keeps the error's own checksum right for
/// it: RFC 5508 §4.2. `addresses` are those of the quoted packet. The outer header
/// is for rewrite(), which leaves ICMP checksums alone.
///
/// R27, R29-R31, R36: quoted checksums that were wrong stay wrong; type, code and everything behind
/// the quoted transport checksum stay as they are; so does the quoted TTL.
void rewrite_quoted(std::span<std::uint8_t> head, const ParsedPacket& packet,
                    const NewAddresses& addresses) noexcept;

/// Addresses the frame to its next hop.
inline void rewrite_ethernet(std::span<std::uint8_t> head,
                             const EthernetAddresses& addresses) noexcept {
  header_at<EthernetAddresses>(head, 0) = addresses;
}

}  // namespace natto
