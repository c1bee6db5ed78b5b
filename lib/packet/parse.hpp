#pragma once

// The parser: every bounds and sanity check of the packet path. Later stages trust what it returns
// and check nothing again.

#include <cstdint>
#include <span>

#include "base/address.hpp"
#include "packet/verdict.hpp"
#include "packet/wire.hpp"

namespace natto {

/// The parser needs this many of a frame's first bytes in one piece (all of them, if the frame is
/// shorter): Ethernet, the longest IPv4 header, and the longest L4 header it looks into.
inline constexpr std::size_t kHeadBytes = 14 + 60 + 20;

/// What the receive hardware says of the IPv4 header checksum. A "bad" from hardware is not trusted
/// (ENA says bad for "not validated" as well), so it is the same as not knowing.
enum class IpChecksum : std::uint8_t { kUnknown, kGood };

/// A received frame. Nothing is read beyond `head`.
struct Frame {
  std::span<const std::uint8_t> head;  ///< at least min(kHeadBytes, length) bytes
  std::uint32_t length;                ///< bytes of the whole frame, Ethernet header included
  IpChecksum ip_checksum = IpChecksum::kUnknown;
};

/// Which frames a port takes.
struct FrameFilter {
  MacAddress mac;                ///< the port's own
  bool any_unicast_mac = false;  ///< take frames for other stations too: captures, which were
                                 ///< made for another card
};

/// Where things are in a frame that may be translated. Offsets count from the frame's first byte.
struct ParsedPacket {
  Ipv4Address source;
  Ipv4Address destination;
  std::uint16_t total_length;  ///< bytes from the IPv4 header on; what follows is Ethernet padding
  /// Of the transport checksum that covers the addresses (TCP, UDP, UDP-Lite, DCCP); 0 where there
  /// is none to adjust: other protocols, later fragments.
  std::uint16_t l4_checksum_offset;
  bool zero_checksum_means_none;  ///< UDP and UDP-Lite (RFC 768)
  std::uint8_t ttl;
  std::uint8_t protocol;
};

/// Reads `frame`. `out` is complete exactly if the verdict is forward. ARP goes to control whole
/// and unchecked.
///
/// Implements R11, R13, R17, R23 and H1-H10 of doc/rfc-compliance.md.
[[nodiscard]] Verdict parse(const Frame& frame, const FrameFilter& filter,
                            ParsedPacket& out) noexcept;

}  // namespace natto
