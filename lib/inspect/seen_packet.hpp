#pragma once

// What a frame of a capture carries, as far as a search through payloads wants to know. Nothing is
// verified: a capture may hold half of a packet, or a packet that natto would drop.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.hpp"

namespace natto {

/// An IPv4 packet. ICMP errors have no payload here: natto translates what they quote.
struct SeenPacket {
  Ipv4Address source;
  Ipv4Address destination;
  std::uint8_t protocol = 0;
  bool icmp_error = false;
  /// Host order; 0 where the protocol has none, or the fragment does not say.
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::string_view payload = {};  ///< behind the transport header, as much as was captured
  bool whole = true;              ///< all of it was captured

  /// Pieces of one stream have the same number (besides addresses and protocol): a TCP connection's
  /// ports, a fragmented datagram's identification. None: the payload stands alone.
  enum class Stream : std::uint8_t { kNone, kTcp, kFragments };
  Stream stream = Stream::kNone;
  std::uint32_t stream_number = 0;
  std::uint32_t position = 0;       ///< of the payload in its stream, modulo 2^32
  std::uint32_t next_position = 0;  ///< of what follows it
  bool starts = false;              ///< nothing of the stream comes before it
};

/// None: it is no IPv4 packet, or less than its header was captured. VLAN tags are skipped.
[[nodiscard]] std::optional<SeenPacket> see(std::span<const std::uint8_t> frame);

}  // namespace natto
