#pragma once

// What each mapping carried. Every worker counts in an array of its own, with one element per
// mapping of the table, and is its only writer; anyone may read at any time.

#include <cstdint>

#include "base/coarse_clock.hpp"
#include "base/counter.hpp"

namespace natto {

/// One direction of one mapping through one worker.
struct DirectionCounters {
  Counter packets;
  Counter bytes;  ///< of the IPv4 packets

  void count(std::uint64_t more_packets, std::uint64_t more_bytes) noexcept {
    packets.add(more_packets);
    bytes.add(more_bytes);
  }
};

/// Of one mapping through one worker.
struct MappingCounters {
  // Each direction in one piece, which mostly lies in one cache line.
  DirectionCounters from;  ///< sent by the mapped host
  BasicCounter<CoarseTime> last_from;
  BasicCounter<CoarseTime> last_to;
  DirectionCounters to;  ///< sent to it

  void count_from(std::uint64_t packets, std::uint64_t bytes, CoarseTime now) noexcept {
    from.count(packets, bytes);
    last_from.set(now);
  }
  void count_to(std::uint64_t packets, std::uint64_t bytes, CoarseTime now) noexcept {
    to.count(packets, bytes);
    last_to.set(now);
  }
  /// A packet.
  void count_from(std::uint64_t bytes, CoarseTime now) noexcept { count_from(1, bytes, now); }
  void count_to(std::uint64_t bytes, CoarseTime now) noexcept { count_to(1, bytes, now); }
};
static_assert(sizeof(MappingCounters) == 40);

}  // namespace natto
