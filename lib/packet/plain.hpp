#pragma once

// The fast path through the parser, for the shapes that nearly every packet has. It says yes or
// "ask parse()", never no: whatever it takes, parse() would take, and tell the same of it.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet/checksum.hpp"
#include "packet/icmp_kind.hpp"
#include "packet/parse.hpp"
#include "packet/transport.hpp"

namespace natto {

/// Of a plain packet, from the frame's first byte.
inline constexpr std::size_t kTransportOffset = kIpv4Offset + sizeof(Ipv4Header);

/// Eight bytes of a frame as a machine word.
[[nodiscard]] constexpr std::uint64_t word(std::array<std::uint8_t, 8> bytes) noexcept {
  return std::bit_cast<std::uint64_t>(bytes);
}

/// By protocol: where the transport checksum of a plain packet lies.
inline constexpr std::array<TransportChecksum, 256> kPlainTransport = [] {
  std::array<TransportChecksum, 256> transports{};
  for (std::size_t i = 0; i < transports.size(); ++i) {
    transports[i] = transport_checksum(kTransportRules[i], kTransportOffset);
  }
  return transports;
}();

/// What is plain about a packet: in one word, so that it can be a lane of a vector.
class Plain {
 public:
  /// A packet of `length` bytes in all.
  [[nodiscard]] static constexpr Plain of(unsigned length, TransportChecksum checksum) noexcept {
    return Plain(length | bits_of(checksum));
  }
  [[nodiscard]] static constexpr Plain from_word(std::uint32_t word) noexcept {
    return Plain(word);
  }
  [[nodiscard]] constexpr std::uint32_t word() const noexcept { return word_; }
  /// The bits of a word that tell where the checksum is. The others are the length.
  [[nodiscard]] static constexpr std::uint32_t bits_of(TransportChecksum checksum) noexcept {
    return std::uint32_t{checksum.offset} << kOffsetShift |
           (checksum.zero_means_none ? kZeroMeansNone : 0);
  }
  Plain() noexcept = default;
  friend constexpr bool operator==(Plain, Plain) noexcept = default;

  /// Whether it is plain.
  [[nodiscard]] explicit constexpr operator bool() const noexcept { return word_ != 0; }
  /// Total, in bytes, without what pads the frame.
  [[nodiscard]] constexpr std::uint16_t length() const noexcept {
    return static_cast<std::uint16_t>(word_);
  }
  [[nodiscard]] constexpr TransportChecksum checksum() const noexcept {
    return {.offset = static_cast<std::uint8_t>(word_ >> kOffsetShift),
            .zero_means_none = (word_ & kZeroMeansNone) != 0};
  }

 private:
  static constexpr unsigned kOffsetShift = 16;
  static constexpr std::uint32_t kZeroMeansNone = 1U << 24U;
  explicit constexpr Plain(std::uint32_t word) noexcept : word_(word) {}

  std::uint32_t word_;
};
static_assert(std::ranges::all_of(kPlainTransport, [](TransportChecksum checksum) {
  return Plain::of(0, checksum).checksum() == checksum;
}));
inline constexpr Plain kNotPlain = Plain::from_word(0);

/// What the fast path asks about a packet of `length` bytes that a PlainShape took and whose
/// addresses are both known, beside what the caches say of them: whether decide() would let it
/// leave, so that it need not be asked. `destination` is the new one; `broadcast_out` and `mtu` are
/// of the port that it leaves by, 0.0.0.0 where there is no directed broadcast.
[[nodiscard]] inline bool plain_may_leave(std::uint16_t length, Ipv4Address destination,
                                          Ipv4Address broadcast_out, std::uint16_t mtu) noexcept {
  return length <= mtu && destination != broadcast_out;
}

/// Knows the plain packets of one port: sent to the port's MAC address by a station; IPv4 with a
/// right checksum, no options, a TTL that outlives natto; neither to the port's directed broadcast
/// nor from an address to itself; a transport header, but in later fragments, that is all there and
/// is none of which parse() has to know more (the header of an ICMP message that quotes a packet).
class PlainShape {
 public:
  /// `broadcast`: the port's directed broadcast; 0.0.0.0 if it has none.
  PlainShape(const FrameFilter& filter, Ipv4Address broadcast) noexcept
      : broadcast_raw_(broadcast.bits.raw()) {
    std::array<std::uint8_t, 8> mask{};
    std::array<std::uint8_t, 8> value{};
    if (filter.any_unicast_mac) {
      mask[0] = kGroupBit;
    } else {
      std::memset(mask.data(), 0xff, sizeof(MacAddress));
      std::memcpy(value.data(), &filter.mac, sizeof(MacAddress));
    }
    mask[sizeof(MacAddress)] = kGroupBit;  // the source is no group
    station_mask_ = word(mask);
    station_ = word(value);
  }

  /// Fewer bytes than this are never plain.
  static constexpr std::size_t kLeastBytes = kIpv4Offset + sizeof(Ipv4Header) + sizeof(UdpHeader);

  /// Not 0 unless the frame that begins with `first` comes from a station and is for the port.
  [[nodiscard]] std::uint64_t strangeness(std::uint64_t first) const noexcept {
    return (first ^ station_) & station_mask_;
  }

  /// The packet in the whole frame `frame`, if it is no fragment.
  [[nodiscard]] Plain look_at(std::span<const std::uint8_t> frame) const noexcept {
    if (frame.size() < kLeastBytes || is_fragment(frame) || !may_pass(frame)) {
      return kNotPlain;
    }
    const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
    const unsigned length = ip.total_length.host();
    if (kIpv4Offset + length > frame.size() || !has_plain_transport(frame)) {
      return kNotPlain;
    }
    if (ip.protocol == protocol::kUdp) {
      // From a whole header to the whole payload; too short ones come round and are too long.
      const unsigned udp = header_at<UdpHeader>(frame, kTransportOffset).length.host();
      if (udp - sizeof(UdpHeader) > length - sizeof(Ipv4Header) - sizeof(UdpHeader)) {
        return kNotPlain;
      }
    }
    return Plain::of(length, kPlainTransport[ip.protocol]);
  }

  /// The packet in the whole frame `frame`, if it is a fragment.
  [[nodiscard]] Plain look_at_fragment(std::span<const std::uint8_t> frame) const noexcept {
    if (frame.size() < kLeastBytes || !is_fragment(frame) || !may_pass(frame)) {
      return kNotPlain;
    }
    const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
    const unsigned length = ip.total_length.host();
    const unsigned offset = ip.fragment_offset();
    if (kIpv4Offset + length > frame.size() || length < sizeof(Ipv4Header) ||
        offset + length > UINT16_MAX ||
        (ip.more_fragments() && (length - sizeof(Ipv4Header)) % 8 != 0)) {
      return kNotPlain;
    }
    if (offset != 0) {
      const bool over_tcp_flags = ip.protocol == protocol::kTcp && offset == 8;  // RFC 1858 §4.2
      return over_tcp_flags || ip.protocol == protocol::kAuthenticationHeader
                 ? kNotPlain
                 : Plain::of(length, TransportChecksum{});
    }
    if (!has_plain_transport(frame) ||
        (ip.protocol == protocol::kUdp &&
         header_at<UdpHeader>(frame, kTransportOffset).length.host() < sizeof(UdpHeader))) {
      return kNotPlain;
    }
    return Plain::of(length, kPlainTransport[ip.protocol]);
  }

 private:
  template <std::size_t kLanes>
  friend class PlainLanes;

  static constexpr std::uint8_t kGroupBit = 1;             ///< of a MAC address's first byte
  static constexpr std::uint8_t kVersionAndLength = 0x45;  ///< 4, and 20 bytes

  template <typename Word>
  static Word load(std::span<const std::uint8_t> frame, std::size_t offset) noexcept {
    Word value;
    std::memcpy(&value, frame.data() + offset, sizeof(value));
    return value;
  }

  /// What is asked of all packets alike.
  [[nodiscard]] bool may_pass(std::span<const std::uint8_t> frame) const noexcept {
    const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
    return strangeness(load<std::uint64_t>(frame, 0)) == 0 &&
           header_at<EthernetHeader>(frame, 0).ethertype == kIpv4Type &&
           ip.version_ihl == kVersionAndLength && checksum_good(frame) && ip.ttl > 1 &&
           ip.source != ip.destination && ip.destination.bits.raw() != broadcast_raw_;
  }

  static bool is_fragment(std::span<const std::uint8_t> frame) noexcept {
    return (header_at<Ipv4Header>(frame, kIpv4Offset).fragment.raw() & kFragmentBits) != 0;
  }

  static bool checksum_good(std::span<const std::uint8_t> frame) noexcept {
    const auto word = [&](std::size_t i) {
      return load<std::uint32_t>(frame, kIpv4Offset + i * sizeof(std::uint32_t));
    };
    return header_sum_error(word(0), word(1), word(2), word(3), word(4)) == 0;
  }

  /// Whether its transport header is all there and is none of which parse() has to know more.
  static bool has_plain_transport(std::span<const std::uint8_t> frame) noexcept {
    const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
    return ip.total_length.host() >= kLeastTotalLength[ip.protocol] &&
           (ip.protocol != protocol::kIcmp ||
            icmp_kind(header_at<IcmpHeader>(frame, kTransportOffset).type) == IcmpKind::kOther);
  }

  static constexpr Be16 kIpv4Type = Be16::from_host(ethertype::kIpv4);
  /// More fragments, and the offset.
  static constexpr std::uint16_t kFragmentBits = Be16::from_host(0x3fff).raw();

  /// By protocol. What is never forwarded has no length that is enough.
  static constexpr std::array<std::uint16_t, 256> kLeastTotalLength = [] {
    std::array<std::uint16_t, 256> least{};
    for (std::size_t i = 0; i < least.size(); ++i) {
      least[i] = static_cast<std::uint16_t>(sizeof(Ipv4Header) + kTransportRules[i].least_header);
    }
    least[protocol::kAuthenticationHeader] = UINT16_MAX;
    return least;
  }();

  std::uint64_t station_mask_;
  std::uint64_t station_;
  std::uint32_t broadcast_raw_;  ///< network order
};

}  // namespace natto
