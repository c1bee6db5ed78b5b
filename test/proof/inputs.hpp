#pragma once

// What most properties are about: any frame, and what natto knows of the port that it came by.

#include <algorithm>

#include "packet/checksum.hpp"
#include "packet/parse.hpp"
#include "packet/rewrite.hpp"
#include "proof/proof.hpp"

namespace natto::proof {

/// Bytes of the longest frame: an Ethernet header, and a packet of 65,535 bytes.
inline constexpr std::uint32_t kLongestFrame = 14 + 65'535;

/// Any frame whose head lies in a block of `size` bytes: the block is the frame; or, if it is all
/// that is ever asked for, a frame of any length, and its head as much of the block as the frame
/// has. Where a span ends, and not its block, is for the assertions of the standard library to see.
class AnyFrame {
 public:
  explicit AnyFrame(std::size_t size)
      : block_(size, "frame"),
        length_(size < kHeadBytes ? static_cast<std::uint32_t>(size)
                                  : std::min(any<std::uint32_t>("length"), kLongestFrame)) {}

  [[nodiscard]] std::span<std::uint8_t> head() const {
    return block_.bytes().first(std::min<std::size_t>(length_, block_.bytes().size()));
  }
  [[nodiscard]] std::uint32_t length() const { return length_; }

  /// The header checksum is taken for right: what parse() makes of a wrong one is a property of its
  /// own, and it makes nothing else of a right one.
  [[nodiscard]] Frame to_parse() const {
    return {.head = head(), .length = length_, .ip_checksum = IpChecksum::kGood};
  }

 private:
  Block block_;
  std::uint32_t length_;
};

inline FrameFilter any_filter() {
  return {.mac = any<MacAddress>("mac"),
          .any_unicast_mac = any<bool>("any_unicast_mac"),
          .record_route = any<bool>("record_route")};
}

/// Changes nothing. KLEE looks at each length of the IPv4 header at `ip` by itself from there on,
/// and at all headers that are none together: that saves its solver offsets which may be anything.
inline void split_by_header_length(std::span<std::uint8_t> head, std::size_t ip) {
  constexpr std::uint8_t kNone = 0x50;
  volatile std::uint8_t first = 0x45;  // or the compiler sees that nothing changes
  if (head.size() <= ip) {
    return;
  }
  while (first != kNone && first != head[ip]) {
    first = static_cast<std::uint8_t>(first + 1);
  }
  if (first != kNone) {
    head[ip] = first;
  }
}

/// The same for the header of a packet, and of that which an ICMP error quotes.
inline void split_by_header_lengths(std::span<std::uint8_t> head) {
  split_by_header_length(head, kIpv4Offset);
  if (head.size() < kIpv4Offset + sizeof(Ipv4Header)) {
    return;
  }
  const auto& ip = header_at<Ipv4Header>(std::span<const std::uint8_t>(head), kIpv4Offset);
  const std::size_t icmp = kIpv4Offset + ip.header_length();
  if ((ip.protocol == protocol::kIcmp) & (ip.fragment_offset() == 0) & (icmp < head.size())) {
    const std::uint8_t type = head[icmp];
    if ((type == icmp::kDestinationUnreachable) | (type == icmp::kTimeExceeded) |
        (type == icmp::kParameterProblem)) {
      split_by_header_length(head, icmp + sizeof(IcmpHeader));
    }
  }
}

inline Ipv4Address any_address(const char* name) {
  return {Be32::from_raw(any<std::uint32_t>(name))};
}
inline NewAddresses any_addresses(const char* name) { return any<NewAddresses>(name); }

inline bool is_within(std::size_t at, std::size_t first, std::size_t size) {
  return at >= first && at < first + size;
}

}  // namespace natto::proof
