#pragma once

// The parser: every bounds and sanity check of the packet path. Later stages trust what it returns
// and check nothing again.

#include <cstdint>
#include <span>

#include "base/address.hpp"
#include "packet/transport.hpp"
#include "packet/verdict.hpp"
#include "packet/wire.hpp"

namespace natto {

/// The parser needs this many of a frame's first bytes in one piece (all of them, if the frame is
/// shorter): Ethernet, the longest IPv4 header, an ICMP header, and of the packet which that quotes
/// the longest IPv4 header and a TCP header.
inline constexpr std::size_t kHeadBytes = 14 + 60 + 8 + 60 + 20;

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
  bool record_route = false;     ///< take packets with a record route or timestamp option (R23)
};

/// The packet that an ICMP error quotes.
struct QuotedPacket {
  std::uint16_t ip_offset = 0;  ///< from the frame's first byte; 0: the packet is no ICMP error
  bool checksum_bad = false;    ///< of its IPv4 header (R27)
  /// Of the error itself (R26). parse() sees too little of the packet to tell and leaves it false:
  /// who has all of it says so.
  bool icmp_checksum_bad = false;
  TransportChecksum transport;  ///< none if the quote ends before it (R29)
  /// Bytes behind its IPv4 header that are both quoted and part of it, by its own length.
  std::uint16_t payload_length = 0;
};

/// Where things are in a frame that may be translated.
struct ParsedPacket {
  Ipv4Address source;
  Ipv4Address destination;
  /// What the table is asked: the address that must be real in the realm the packet came from, and
  /// the one that must be mapped. Source and destination; for an ICMP error those of the quoted
  /// packet the other way round, since that one went the other way.
  Ipv4Address real_key;
  Ipv4Address mapped_key;
  std::uint16_t ip_header_length;  ///< bytes
  std::uint16_t total_length;  ///< bytes from the IPv4 header on; what follows is Ethernet padding
  std::uint8_t ttl;
  std::uint8_t protocol;
  bool dont_fragment;
  bool later_fragment;          ///< not the first: it has no transport header
  TransportChecksum transport;  ///< none: other protocols, later fragments
  QuotedPacket quoted;

  [[nodiscard]] constexpr bool is_icmp_error() const noexcept { return quoted.ip_offset != 0; }
};

/// Reads `frame`. `out` is complete exactly if the verdict is forward. ARP goes to control whole
/// and unchecked.
///
/// Implements R11, R13, R17, R23 and H1-H10 of doc/rfc-compliance.md.
[[nodiscard]] Verdict parse(const Frame& frame, const FrameFilter& filter,
                            ParsedPacket& out) noexcept;

}  // namespace natto
