#pragma once

#include <algorithm>
#include <cstdint>

#include "base/token_bucket.hpp"
#include "dataplane/dataplane.hpp"
#include "dataplane/policy_gate.hpp"

namespace natto {

class Tap;

/// What the stages of one worker use beside the burst. Used by that worker's thread alone.
struct Worker {
  Worker(Dataplane& shared, std::uint16_t number);

  /// Reads what control and the reloader may have replaced: once per poll, so that all packets of a
  /// poll are treated alike. It stays valid until the worker reports a quiescent state.
  void begin_poll() noexcept;

  /// Whether the fast path has more to ask of packets from `port` than what their addresses become.
  // A hairpin is told by its pair, too.
  [[nodiscard]] bool asks_pairs(const PortContext& port) const noexcept {
    return policy.exists() || dataplane.clamps_mss || port.rules.closed_realm.has_value();
  }

  /// The oldest version of the table for whose counters something is pending; 0: there is none.
  [[nodiscard]] std::uint64_t oldest_pending_version() const noexcept {
    const std::uint64_t of_cache = cache.pending().oldest_version();
    const std::uint64_t of_pairs = pairs.pending().oldest_version();
    return of_cache == 0 ? of_pairs : of_pairs == 0 ? of_cache : std::min(of_cache, of_pairs);
  }

  const std::uint16_t index;  ///< its queue of every port, and its place in Dataplane's vectors
  Dataplane& dataplane;
  Counters& counters;
  WorkerActivity& activity;
  DropSamples& drop_samples;
  RefusedFlows* const refused_flows;  ///< null: no record of refusals is kept
  PairCache& pairs;
  TranslationCache& cache;
  rte_mempool* pool;
  TokenBucket icmp_errors;  ///< its share of the ICMP errors that control makes (R19)

  // Of this poll.
  PortSet ports_in_use;
  const TranslationTable* table = nullptr;
  const NextHopTable* next_hops = nullptr;
  Tap* tap = nullptr;                           ///< null: nobody captures
  MappingCounters* mapping_counters = nullptr;  ///< the worker's, of `table`
  PolicyGate policy;                            ///< of `table`
};

}  // namespace natto
