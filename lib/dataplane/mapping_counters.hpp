#pragma once

// What each mapping carried. Every worker counts in an array of its own, with one element per
// mapping of the generation, and is its only writer; anyone may read at any time.

#include <cstdint>

#include "dataplane/counter.hpp"

namespace natto {

/// A moment, as exact as "last used" needs it: in units of 2^28 TSC cycles, about 0.1 s, and so in
/// 32 bits for ten years. 0: never.
using CoarseTime = std::uint32_t;

[[nodiscard]] constexpr CoarseTime coarse_time(std::uint64_t tsc) noexcept {
  return static_cast<CoarseTime>(tsc >> 28U) + 1;
}
/// The begin of that moment, or 0 for never.
[[nodiscard]] constexpr std::uint64_t tsc_of(CoarseTime time) noexcept {
  return time == 0 ? 0 : (std::uint64_t{time} - 1) << 28U | 1U;
}

/// One direction of one mapping through one worker.
struct DirectionCounters {
  Counter packets;
  Counter bytes;  ///< of the IPv4 packets

  void count(std::uint64_t packet_bytes) noexcept {
    packets.add(1);
    bytes.add(packet_bytes);
  }
};

/// Of one mapping through one worker.
struct MappingCounters {
  // Each direction in one piece, which mostly lies in one cache line.
  DirectionCounters from;  ///< sent by the mapped host
  BasicCounter<CoarseTime> last_from;
  BasicCounter<CoarseTime> last_to;
  DirectionCounters to;  ///< sent to it

  void count_from(std::uint64_t packet_bytes, CoarseTime now) noexcept {
    from.count(packet_bytes);
    last_from.set(now);
  }
  void count_to(std::uint64_t packet_bytes, CoarseTime now) noexcept {
    to.count(packet_bytes);
    last_to.set(now);
  }
};
static_assert(sizeof(MappingCounters) == 40);

}  // namespace natto
