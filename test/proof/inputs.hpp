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

/// KLEE looks at each length of an IPv4 header by itself; the last of them is of all the headers
/// that are none, or as they were.
inline void pick_header_length(std::span<std::uint8_t> head) {
  constexpr std::size_t kLengths = 16;
  if (head.size() <= kIpv4Offset) {
    return;
  }
  const std::size_t length = pick(kLengths + 1, "header_length");
  if (length < kLengths) {
    head[kIpv4Offset] = static_cast<std::uint8_t>(0x40 | length);
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
