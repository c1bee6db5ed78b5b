#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace natto {

/// The destination of frames whose Ethernet header is made up.
inline constexpr MacAddress kMadeUpStation{{2, 0, 0, 0, 0, 1}};

/// An Ethernet frame, made of what a capture of any link has.
struct LinkFrame {
  std::span<const std::uint8_t> bytes;  ///< valid until the next one is made
  std::uint32_t length;                 ///< bytes that it had, or would have had, on the wire
  bool outgoing = false;                ///< the link's header says that its machine sent it
};

/// What lies before the packets of a capture: an Ethernet header, one of Linux's "cooked" headers,
/// that of BSD's loopback, or nothing.
class LinkLayer {
 public:
  /// `type` is a LINKTYPE_... or one of libpcap's DLT_...; `station` is the made-up destination of
  /// what has no Ethernet header.
  explicit LinkLayer(int type, MacAddress station = kMadeUpStation)
      : type_(type), station_(station) {}

  /// Whether packets of it can become Ethernet frames.
  [[nodiscard]] bool is_known() const noexcept;
  [[nodiscard]] bool is_ethernet() const noexcept;
  /// "NFLOG"; its number if it has no name.
  [[nodiscard]] std::string name() const;

  /// `length`: bytes that the packet had, of which `bytes` were captured. What is too short for its
  /// link's header becomes a frame without content.
  [[nodiscard]] LinkFrame to_ethernet(std::span<const std::uint8_t> bytes, std::uint32_t length);

 private:
  [[nodiscard]] LinkFrame with_header(const MacAddress& destination, const MacAddress& source,
                                      std::uint16_t ethertype, std::span<const std::uint8_t> bytes,
                                      std::uint32_t length, std::size_t header_bytes);

  int type_;
  MacAddress station_;
  std::vector<std::uint8_t> frame_;
};

}  // namespace natto
