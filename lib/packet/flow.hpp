#pragma once

// What a packet says of itself that a rule of the policy may ask.

#include <cstdint>
#include <span>

#include "packet/parse.hpp"

namespace natto {

/// Which side of a conversation may have sent a packet, told without remembering any other packet.
enum class FlowRole : std::uint8_t {
  kEither,   ///< both sides send such packets
  kOpens,    ///< the side that opens: TCP SYN without ACK, SCTP INIT, DCCP Request
  kAsks,     ///< the side that asks: an ICMP query
  kAnswers,  ///< the side that is asked: the reply to an ICMP query
};

struct Flow {
  std::uint8_t protocol = 0;
  FlowRole role = FlowRole::kEither;
  /// A later fragment, or a quoted packet that was cut off before its ports.
  bool ports_unknown = false;
  /// Host order; 0 where the protocol has none. RFC 9293, 768, 3828, 9260, 4340: the first two
  /// words of the header.
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

/// Whether a protocol's header begins with two ports: TCP, UDP, UDP-Lite, SCTP and DCCP.
[[nodiscard]] bool has_ports(std::uint8_t protocol) noexcept;

/// Of a packet that is no fragment. `payload` is what lies behind its IPv4 header, as much as
/// matters or there is.
[[nodiscard]] Flow flow_of_whole(std::uint8_t protocol,
                                 std::span<const std::uint8_t> payload) noexcept;

/// Of a packet that parse() forwarded from `head`. Of an ICMP error it is the flow of the packet
/// that it quotes, which went the other way; what the quote does not hold is not held against it.
/// A fragment that may hide or replace what opens a conversation opens one (RFC 1858, RFC 3128).
[[nodiscard]] Flow flow_of(const ParsedPacket& packet, std::span<const std::uint8_t> head) noexcept;

}  // namespace natto
