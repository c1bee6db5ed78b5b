#include "dataplane/worker.hpp"

#include <rte_cycles.h>

#include "dataplane/tap.hpp"

namespace natto {
namespace {

/// One of `workers` equal shares of the ICMP errors that natto may make.
TokenBucket::Limits share(const IcmpConfig& icmp, std::size_t workers) noexcept {
  const auto part = [workers](std::uint32_t whole) {
    return static_cast<std::uint32_t>((whole + workers - 1) / workers);
  };
  return {.rate = part(icmp.errors_per_second), .burst = part(icmp.error_burst)};
}

}  // namespace

Worker::Worker(Dataplane& shared, std::uint16_t number)
    : index(number),
      dataplane(shared),
      counters(shared.counters[number]),
      activity(shared.activity[number]),
      drop_samples(shared.drop_samples[number]),
      refused_flows(shared.refused_flows.empty() ? nullptr : &shared.refused_flows[number]),
      pairs(shared.pair_caches[number]),
      cache(shared.translation_caches[number]),
      pool(shared.pools[number]),
      icmp_errors(share(shared.icmp, shared.pools.size()), rte_get_tsc_hz()) {}

void Worker::begin_poll() noexcept {
  ports_in_use = dataplane.ports_in_use.load(std::memory_order_acquire);
  table = &dataplane.table.read();
  next_hops = &dataplane.next_hops.read();
  tap = dataplane.capture.read().tap(index);
  mapping_counters = table->counters(index);
  policy.use(*table, index);
  pairs.use(*table, index);
  cache.use(*table, index);
}

}  // namespace natto
