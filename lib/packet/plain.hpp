#pragma once

// The fast path through the parser, for the shape that nearly every packet has. It says yes or "ask
// parse()", never no: whatever it takes, parse() would take, and tell the same of it.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet/parse.hpp"
#include "packet/transport.hpp"

namespace natto {

/// Of a plain packet, from the frame's first byte.
inline constexpr std::size_t kTransportOffset = kIpv4Offset + sizeof(Ipv4Header);

/// Eight bytes of a frame as a machine word.
[[nodiscard]] constexpr std::uint64_t word(std::array<std::uint8_t, 8> bytes) noexcept {
  return std::bit_cast<std::uint64_t>(bytes);
}

/// By protocol: where the transport checksum of a plain frame lies.
inline constexpr std::array<TransportChecksum, 256> kPlainTransport = [] {
  std::array<TransportChecksum, 256> transports{};
  for (std::size_t i = 0; i < transports.size(); ++i) {
    transports[i] = transport_checksum(kTransportRules[i], kTransportOffset);
  }
  return transports;
}();

/// Where the transport checksum of the plain frame `frame` lies.
[[nodiscard]] inline TransportChecksum plain_transport(
    std::span<const std::uint8_t> frame) noexcept {
  return kPlainTransport[header_at<Ipv4Header>(frame, kIpv4Offset).protocol];
}

/// What the fast path asks about a plain packet of `length` bytes whose addresses are both known,
/// beside what the caches say of them: whether decide() would let it leave, so that it need not be
/// asked. `destination` is the new one; `broadcast_in` and `broadcast_out` are the directed
/// broadcasts of the ports, 0.0.0.0 where there is none; `mtu` is that of the port that it leaves
/// by.
[[nodiscard]] inline bool plain_may_leave(const Ipv4Header& ip, std::uint16_t length,
                                          Ipv4Address destination, Ipv4Address broadcast_in,
                                          Ipv4Address broadcast_out, std::uint16_t mtu) noexcept {
  return length <= mtu && ip.source != ip.destination && ip.destination != broadcast_in &&
         destination != broadcast_out;
}

/// Knows the plain packets of one port: sent to the port's MAC address by a station; IPv4 with a
/// right checksum, no options, a TTL that outlives natto, not a fragment; a transport header that
/// is all there and that natto need not look into.
class PlainShape {
 public:
  explicit PlainShape(const FrameFilter& filter) noexcept {
    std::array<std::uint8_t, 8> mask{};
    std::array<std::uint8_t, 8> value{};
    if (filter.any_unicast_mac) {
      mask[0] = 1;  // the group bit
    } else {
      std::memset(mask.data(), 0xff, sizeof(MacAddress));
      std::memcpy(value.data(), &filter.mac, sizeof(MacAddress));
    }
    station_mask_ = word(mask);
    station_ = word(value);
  }

  /// Fewer bytes than this are never plain.
  static constexpr std::size_t kLeastBytes = kIpv4Offset + sizeof(Ipv4Header) + sizeof(UdpHeader);

  /// The total length of the packet in the whole frame `frame`, without what pads the frame; 0: it
  /// is not plain.
  [[nodiscard]] std::uint16_t length_of(std::span<const std::uint8_t> frame) const noexcept {
    if (frame.size() < kLeastBytes) {
      return 0;
    }
    if ((load<std::uint64_t>(frame, 0) & station_mask_) != station_ ||
        (load<std::uint64_t>(frame, sizeof(MacAddress)) & kTypeMask) != kIpv4Type ||
        (load<std::uint64_t>(frame, kIpv4Offset) & kHeaderMask) != kHeader ||
        !checksum_good(frame)) {
      return 0;
    }
    const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
    const unsigned length = ip.total_length.host();
    if (ip.ttl <= 1 || kIpv4Offset + length > frame.size() ||
        length < kLeastTotalLength[ip.protocol]) {
      return 0;
    }
    // From a whole header to the whole payload; too short ones come round and are too long.
    const unsigned udp_length = header_at<UdpHeader>(frame, kTransportOffset).length.host();
    const bool udp_fits =
        udp_length - sizeof(UdpHeader) <= length - sizeof(Ipv4Header) - sizeof(UdpHeader);
    return ip.protocol != protocol::kUdp || udp_fits ? static_cast<std::uint16_t>(length) : 0;
  }

 private:
  template <typename Word>
  static Word load(std::span<const std::uint8_t> frame, std::size_t offset) noexcept {
    Word value;
    std::memcpy(&value, frame.data() + offset, sizeof(value));
    return value;
  }

  /// A right header's one's-complement sum is 0xffff, and so 0 modulo 0xffff. A 32-bit word is
  /// worth its two 16-bit words there.
  static bool checksum_good(std::span<const std::uint8_t> frame) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < sizeof(Ipv4Header); i += sizeof(std::uint32_t)) {
      sum += load<std::uint32_t>(frame, kIpv4Offset + i);
    }
    return sum % 0xffff == 0;
  }

  /// The source is no group; the type is IPv4.
  static constexpr std::uint64_t kTypeMask = word({1, 0, 0, 0, 0, 0, 0xff, 0xff});
  static constexpr std::uint64_t kIpv4Type = word({0, 0, 0, 0, 0, 0, 0x08, 0x00});
  /// Version 4, 20 bytes; neither more fragments nor an offset.
  static constexpr std::uint64_t kHeaderMask = word({0xff, 0, 0, 0, 0, 0, 0x3f, 0xff});
  static constexpr std::uint64_t kHeader = word({0x45, 0, 0, 0, 0, 0, 0, 0});

  /// By protocol. What the parser must look into has no length that is enough.
  static constexpr std::array<std::uint16_t, 256> kLeastTotalLength = [] {
    std::array<std::uint16_t, 256> least{};
    for (std::size_t i = 0; i < least.size(); ++i) {
      least[i] =
          kTransportRules[i].needs_a_look
              ? std::uint16_t{0xffff}
              : static_cast<std::uint16_t>(sizeof(Ipv4Header) + kTransportRules[i].least_header);
    }
    return least;
  }();

  std::uint64_t station_mask_;
  std::uint64_t station_;
};

}  // namespace natto
