#pragma once

// What PlainShape knows of TCP and UDP, nearly all there is, of several frames at once: every
// question is one instruction for as many packets as a vector has lanes, and no branch can be
// mispredicted.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet/header_words.hpp"
#include "packet/plain.hpp"

namespace natto {

/// A PlainShape for `kLanes` frames, 4 or 8. Cheap to make, for a burst.
template <std::size_t kLanes = kNativeLanes>
class PlainLanes {
 public:
  using Frames = typename HeaderWords<kLanes>::Frames;

  explicit PlainLanes(const PlainShape& shape) noexcept : broadcast_raw_(shape.broadcast_raw_) {}

  /// A frame that is not plain, for lanes that have none.
  static constexpr std::array<std::uint8_t, PlainShape::kLeastBytes> kNothing{};

  /// Said of what may be plain for all that the lanes know: fragments, other protocols than TCP and
  /// UDP, and those two with a length that is too short. PlainShape has to look at it. The word is
  /// that of a packet so long that it fits into no frame.
  static constexpr std::uint32_t kUnknown = Plain::of(UINT16_MAX, {}).word();

  /// Of each frame, none of them strange and each of at least PlainShape::kLeastBytes, the word of
  /// - kNotPlain, which is certain,
  /// - a packet that is plain if it lies wholly in its frame, which the caller has to see, or
  /// - kUnknown.
  void look_at(const Frames& frames, std::span<std::uint32_t, kLanes> packets) const noexcept {
    const auto [type, version_and_length, fragment, ttl_protocol_sum, source, destination, ports,
                udp] = HeaderWords<kLanes>::of(frames);

    const Words length = (version_and_length >> 8U & 0xff00) | version_and_length >> 24U;
    const Words udp_length = (udp & 0xff) << 8U | (udp >> 8U & 0xff);
    const Words protocol = ttl_protocol_sum >> 8U & 0xff;
    const Words is_tcp = mask(protocol == protocol::kTcp) & mask(is_more(length, kLeastTcp - 1));
    const Words is_udp = mask(protocol == protocol::kUdp) &
                         mask(is_more(udp_length, sizeof(UdpHeader) - 1)) &
                         mask(is_more(length, udp_length + (sizeof(Ipv4Header) - 1)));
    const Words is_known = (is_tcp | is_udp) & mask((fragment & kFragmentMask) == 0);
    const Words unlike =
        ((type ^ kType) & kTypeMask) |
        ((version_and_length ^ PlainShape::kVersionAndLength) & 0xff) |
        header_sum_error(version_and_length, fragment, ttl_protocol_sum, source, destination) |
        mask(is_more(2, ttl_protocol_sum & 0xff)) | mask(source == destination) |
        mask(destination == broadcast_raw_);
    const Words plain = length | (is_tcp & kTcpBits) | (is_udp & kUdpBits);
    const Words told = ((plain & is_known) | (kUnknown & ~is_known)) & mask(unlike == 0);
    std::memcpy(packets.data(), &told, sizeof(told));
  }

 private:
  static_assert(std::endian::native == std::endian::little);  // as all CPUs that natto runs on
  static_assert(HeaderWords<kLanes>::kEnd == PlainShape::kLeastBytes);
  using Words = typename Vector<kLanes>::Words;
  using Signed = typename Vector<kLanes>::Signed;

  static constexpr std::uint32_t kTypeMask = 0xffff0000;
  static constexpr std::uint32_t kType = std::uint32_t{PlainShape::kIpv4Type.raw()} << 16U;
  static constexpr std::uint32_t kFragmentMask = std::uint32_t{PlainShape::kFragmentBits} << 16U;
  static constexpr std::uint32_t kTcpBits = Plain::bits_of(kPlainTransport[protocol::kTcp]);
  static constexpr std::uint32_t kUdpBits = Plain::bits_of(kPlainTransport[protocol::kUdp]);
  static constexpr int kLeastTcp = sizeof(Ipv4Header) + sizeof(TcpHeader);

  static Words mask(const Signed& comparison) noexcept {
    return reinterpret_cast<const Words&>(comparison);
  }
  /// Of words below 2^31: CPUs compare signed ones more easily.
  static Signed is_more(const Words& a, const Words& b) noexcept {
    return reinterpret_cast<const Signed&>(a) > reinterpret_cast<const Signed&>(b);
  }
  static Signed is_more(const Words& a, int b) noexcept {
    return reinterpret_cast<const Signed&>(a) > b;
  }
  static Signed is_more(int a, const Words& b) noexcept {
    return a > reinterpret_cast<const Signed&>(b);
  }

  std::uint32_t broadcast_raw_;
};

}  // namespace natto
