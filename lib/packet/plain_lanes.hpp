#pragma once

// What PlainShape knows of TCP and UDP, nearly all there is, of eight frames at once. The headers of
// eight frames are turned into vectors, each with the same word of all of them; then every
// question is one instruction for eight packets, and no branch can be mispredicted.
//
// The vectors are the compilers' own (GCC's vector extensions, which clang has too): AVX2 on x86-64,
// pairs of NEON's on arm64.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet/plain.hpp"

namespace natto {

/// A PlainShape for eight frames. Cheap to make, for a burst.
class PlainLanes {
 public:
  static constexpr std::size_t kLanes = 8;

  explicit PlainLanes(const PlainShape& shape) noexcept
      : station_mask_(shape.station_mask_),
        station_(shape.station_),
        broadcast_raw_(shape.broadcast_raw_) {}

  /// What look_at() takes for a frame that is not plain.
  static constexpr std::array<std::uint8_t, PlainShape::kLeastBytes> kNothing{};

  /// Not 0 unless the frame that begins with `first` comes from a station and is for the port.
  [[nodiscard]] std::uint64_t strangeness(std::uint64_t first) const noexcept {
    return (first ^ station_) & station_mask_;
  }

  /// The packets in eight frames that are between stations, each of at least
  /// PlainShape::kLeastBytes: words of Plain. Whether a packet lies wholly in its frame is left to
  /// the caller. Says that a packet is not plain also where it is another protocol's than TCP's and
  /// UDP's.
  void look_at(const std::array<const std::uint8_t*, kLanes>& frames,
               std::span<std::uint32_t, kLanes> packets) const noexcept {
    // Bytes 10 to 41: the type, and from 14 on IPv4.
    const auto [type, version_and_length, fragment, ttl_protocol_sum, source, destination, ports,
                udp] = transposed(frames);

    const Words length = (version_and_length >> 8U & 0xff00) | version_and_length >> 24U;
    const Words udp_length = (udp & 0xff) << 8U | (udp >> 8U & 0xff);
    const Words protocol = ttl_protocol_sum >> 8U & 0xff;
    const Words is_tcp = mask(protocol == protocol::kTcp) & mask(is_more(length, kLeastTcp - 1));
    const Words is_udp = mask(protocol == protocol::kUdp) &
                         mask(is_more(udp_length, sizeof(UdpHeader) - 1)) &
                         mask(is_more(length, udp_length + (sizeof(Ipv4Header) - 1)));
    const Words unlike = ((type ^ kType) & kTypeMask) | ((version_and_length ^ 0x45) & 0xff) |
                         (fragment & kFragmentMask) |
                         header_sum_error(version_and_length, fragment, ttl_protocol_sum, source,
                                          destination) |
                         mask(is_more(2, ttl_protocol_sum & 0xff)) | mask(source == destination) |
                         mask(destination == broadcast_raw_);
    const Words told = ((length & (is_tcp | is_udp)) | (is_tcp & kTcpBits) | (is_udp & kUdpBits)) &
                       mask(unlike == 0);
    std::memcpy(packets.data(), &told, sizeof(told));
  }

 private:
  static_assert(std::endian::native == std::endian::little);  // as all CPUs that natto runs on
  using Words = std::uint32_t __attribute__((vector_size(32)));
  using Signed = std::int32_t __attribute__((vector_size(32)));

  static constexpr std::size_t kFront = kIpv4Offset - sizeof(std::uint32_t);
  static_assert(kFront + sizeof(Words) == PlainShape::kLeastBytes);
  static constexpr std::uint32_t kTypeMask = 0xffff0000;
  static constexpr std::uint32_t kType = 0x00080000;
  static constexpr std::uint32_t kFragmentMask = 0xff3f0000;
  static constexpr std::uint32_t kTcpBits = Plain::bits_of(kPlainTransport[protocol::kTcp]);
  static constexpr std::uint32_t kUdpBits = Plain::bits_of(kPlainTransport[protocol::kUdp]);
  static constexpr int kLeastTcp = sizeof(Ipv4Header) + sizeof(TcpHeader);

  static Words load(const std::uint8_t* frame) noexcept {
    Words words;
    std::memcpy(&words, frame + kFront, sizeof(words));
    return words;
  }
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

  /// The i-th is the i-th word from kFront on of each frame.
  static std::array<Words, kLanes> transposed(
      const std::array<const std::uint8_t*, kLanes>& frames) noexcept {
    const std::array<Words, kLanes> rows{load(frames[0]), load(frames[1]), load(frames[2]),
                                         load(frames[3]), load(frames[4]), load(frames[5]),
                                         load(frames[6]), load(frames[7])};
    // Words of two frames side by side, then of four: 0 1 2 3 of the lower halves of the rows, and
    // 4 5 6 7 of the upper ones. Then of eight.
    std::array<Words, kLanes> twos;
    for (std::size_t i = 0; i < kLanes; i += 2) {
      twos[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
      twos[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    std::array<Words, kLanes> fours;
    for (std::size_t i = 0; i < kLanes; i += 4) {
      for (std::size_t j = 0; j < 2; ++j) {
        const Words& a = twos[i + j];
        const Words& b = twos[i + j + 2];
        fours[i + 2 * j] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
        fours[i + 2 * j + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
      }
    }
    std::array<Words, kLanes> words;
    for (std::size_t i = 0; i < 4; ++i) {
      words[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
      words[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    return words;
  }

  std::uint64_t station_mask_;
  std::uint64_t station_;
  std::uint32_t broadcast_raw_;
};

}  // namespace natto
