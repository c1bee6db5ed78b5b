#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/counter.hpp"

namespace natto {

/// How a worker spends its time, in TSC cycles. Written by that worker only; anyone may read.
struct alignas(64) WorkerActivity {
  Counter polls;        ///< every port asked once
  Counter busy_polls;   ///< those that found packets
  Counter cycles;       ///< of all polls
  Counter busy_cycles;  ///< of busy polls
  Counter longest_poll_cycles;
  /// Bursts of its own queues by their size: 1, 2, up to 4, 8, 16 and 32 packets.
  std::array<Counter, 6> bursts;
  Counter slow_path;  ///< packets that took it
  Counter looked_up;  ///< addresses that the translation cache did not hold
  Counter last_tsc;   ///< end of the last poll; 0: there was none, or the worker ended
  /// PendingCounts::oldest_version: of the oldest table to whose counters it will still write.
  /// Stored after what it wrote, loaded before that is read.
  std::atomic<std::uint64_t> oldest_pending_version{0};

  /// `size`: from 1 to 32 packets.
  void record_burst(std::uint16_t size) noexcept {
    bursts[static_cast<std::size_t>(std::bit_width(size - 1U))].add(1);
  }

  void record(bool busy, std::uint64_t begin_tsc, std::uint64_t end_tsc) noexcept {
    const std::uint64_t spent = end_tsc - begin_tsc;
    polls.add(1);
    cycles.add(spent);
    if (busy) {
      busy_polls.add(1);
      busy_cycles.add(spent);
    }
    if (spent > longest_poll_cycles.value()) {
      longest_poll_cycles.set(spent);
    }
    last_tsc.set(end_tsc);
  }
};

}  // namespace natto
