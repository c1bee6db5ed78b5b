#pragma once

// What a worker has refused, by flow, for the thread that keeps the record of refusals: a table of
// fixed size in which the worker counts, and which that thread reads once a second. Nobody waits.

#include <rte_mbuf.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "dataplane/drop_samples.hpp"
#include "packet/refused_flow.hpp"

namespace natto {

/// The worker looks at so many refused packets a millisecond; more cost it a comparison, and no
/// packet that passes. A flow may have one of the four entries of its set. One that finds them
/// taken gets the entry of a flow that was silent while the reader looked at the whole table. What
/// is not looked at or finds no entry is in the worker's counters of drops alone.
class alignas(64) RefusedFlows {
 public:
  static constexpr std::size_t kSets = 512;
  static constexpr std::size_t kWays = 4;
  static constexpr std::uint32_t kLooksPerMillisecond = 500;

  RefusedFlows();

  /// A packet that is refused, before it is let go of. The worker; place.tsc never goes back.
  void note(DropReason reason, const rte_mbuf& packet, const DropPlace& place) noexcept {
    if (!is_refusal(reason)) {
      return;
    }
    if (place.tsc - millisecond_began_ >= millisecond_) [[unlikely]] {
      millisecond_began_ = place.tsc;
      looks_left_ = kLooksPerMillisecond;
    }
    if (looks_left_ > 0) [[unlikely]] {
      --looks_left_;
      count(reason, packet, place.realm);
    }
  }

 private:
  friend class RefusedFlowsReader;

  /// The version is odd while the worker gives the entry to another flow (a seqlock). Its words are
  /// atomic, so that this is no data race.
  struct Entry {
    std::atomic<std::uint32_t> version{0};
    std::uint32_t last_reading = 0;  ///< before the last packet; the worker's
    std::atomic<std::uint64_t> addresses{0};
    std::atomic<std::uint64_t> rest{0};  ///< of the key, and behind it the source port
    std::atomic<std::uint64_t> packets{0};
    std::atomic<std::uint64_t> bytes{0};
  };
  using Set = std::array<Entry, kWays>;
  static constexpr unsigned kSourcePortBits = 16;

  void count(DropReason reason, const rte_mbuf& packet, RealmId realm) noexcept;
  static void take(Entry& entry, const RefusedFlowKey& key, const RefusedPacket& first) noexcept;

  // The worker's.
  const std::uint64_t millisecond_;  ///< in TSC cycles
  std::uint64_t millisecond_began_ = 0;
  std::uint32_t looks_left_ = 0;

  std::array<Set, kSets> sets_;
  /// How many the reader has begun, and two. It is done with those before the last.
  alignas(64) std::atomic<std::uint32_t> readings_{2};
};

/// One thread, which is not the worker.
class RefusedFlowsReader {
 public:
  using Visit = std::function<void(const RefusedFlow& flow, const RefusedCount& since)>;

  explicit RefusedFlowsReader(RefusedFlows& flows) noexcept : flows_(flows) {}

  /// Calls `visit` for each flow with the packets that were counted since the last call.
  void read(const Visit& visit);

 private:
  /// What was read of an entry.
  struct Seen {
    std::uint32_t version = 0;
    RefusedCount count;
  };

  static void read(const RefusedFlows::Entry& entry, Seen& seen, const Visit& visit);

  RefusedFlows& flows_;
  std::array<Seen, RefusedFlows::kSets * RefusedFlows::kWays> seen_{};
};

}  // namespace natto
