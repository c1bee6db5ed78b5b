#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace natto {

/// A packet in a few words. All else of it is made up, and its checksums are right.
struct DescribedPacket {
  Ipv4Address source;
  Ipv4Address destination;
  std::uint8_t protocol = 17;  ///< IANA's number
  std::uint16_t length = 100;  ///< bytes of the IPv4 packet, at least least_bytes()
  std::uint8_t ttl = 64;
  bool dont_fragment = false;
  std::uint16_t source_port = 0;  ///< of TCP, UDP, UDP-Lite, SCTP and DCCP
  std::uint16_t destination_port = 0;
  std::uint8_t tcp_flags = 0x02;  ///< as in the header (RFC 9293 §3.1): SYN
  /// Echo request. An error says that `source` could not take a UDP packet from `destination`,
  /// which it quotes.
  std::uint8_t icmp_type = 8;
};

/// The shortest IPv4 packet in bytes that has the headers which `packet` asks for.
[[nodiscard]] std::uint16_t least_bytes(const DescribedPacket& packet) noexcept;

/// The Ethernet frame with the packet, between made-up stations.
[[nodiscard]] std::vector<std::uint8_t> frame_of(const DescribedPacket& packet);

/// TCP flags in tcpdump's letters: S, F, R, P, U, E, W, and A or "." for ACK.
[[nodiscard]] std::optional<std::uint8_t> parse_tcp_flags(std::string_view text);
/// The same letters, with "." for ACK; "none".
[[nodiscard]] std::string tcp_flags_name(std::uint8_t flags);

}  // namespace natto
