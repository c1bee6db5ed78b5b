#pragma once

// What each mapping carried. Every worker counts in an array of its own, with one element per
// mapping of the generation, and is its only writer; anyone may read at any time.

#include <cstdint>

#include "dataplane/counter.hpp"

namespace natto {

/// One direction of one mapping through one worker.
struct DirectionCounters {
  Counter packets;
  Counter bytes;     ///< of the IPv4 packets
  Counter last_tsc;  ///< when the last one was translated; 0: there was none

  void count(std::uint64_t packet_bytes, std::uint64_t tsc) noexcept {
    packets.add(1);
    bytes.add(packet_bytes);
    last_tsc.set(tsc);
  }
};

struct MappingCounters {
  DirectionCounters from;  ///< sent by the mapped host
  DirectionCounters to;    ///< sent to it
};

}  // namespace natto
