#include "dataplane/receive.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include "dataplane/punt.hpp"
#include "dataplane/software_rss.hpp"

namespace natto {
namespace {

// The packets' bytes, which the device or another core wrote.
void prefetch(std::span<rte_mbuf*> packets) noexcept {
  for (rte_mbuf* mbuf : packets) {
    rte_prefetch0(rte_pktmbuf_mtod(mbuf, void*));
  }
}

// Keeps worker 0's share of what only queue 0 receives, and gives the others theirs.
void distribute(Burst& burst, Worker& worker) noexcept {
  const Rings& rings = worker.dataplane.rings;
  std::uint16_t kept = 0;
  for (rte_mbuf* mbuf : burst.all()) {
    const std::span head(rte_pktmbuf_mtod(mbuf, const std::uint8_t*), mbuf->data_len);
    const std::size_t other = worker_for(head, rings.software_rss.size());
    if (other == 0) {
      burst.packets[kept++] = mbuf;
    } else if (rte_ring_enqueue(rings.software_rss[other][burst.in->realm].get(), mbuf) != 0) {
      drop(mbuf, DropReason::kWorkerQueueFull,
           {.realm = burst.in->realm, .way = Way::kIn, .tsc = burst.received_tsc}, worker);
    }
  }
  burst.size = kept;
}

}  // namespace

Burst receive(const PortContext& in, Worker& worker, std::size_t& received) noexcept {
  Burst burst;
  burst.in = &in;
  burst.size = rte_eth_rx_burst(in.device, worker.index, burst.packets.data(), kBurst);
  received += burst.size;
  if (burst.size == 0) {
    return burst;
  }
  prefetch(burst.all());
  burst.received_tsc = rte_rdtsc();
  worker.activity.record_burst(burst.size);
  worker.counters.received.add(burst.size);
  worker.counters.ports[in.realm].received.add(burst.size);
  if (in.software_rss && worker.index == 0) {
    distribute(burst, worker);
  }
  return burst;
}

Burst receive_from_worker_0(const PortContext& in, Worker& worker, std::size_t& received) noexcept {
  Burst burst;
  burst.in = &in;
  rte_ring* ring = worker.dataplane.rings.software_rss[worker.index][in.realm].get();
  burst.size = static_cast<std::uint16_t>(rte_ring_dequeue_burst(
      ring, reinterpret_cast<void**>(burst.packets.data()), kBurst, nullptr));
  received += burst.size;
  prefetch(burst.all());
  burst.received_tsc = rte_rdtsc();
  return burst;
}

}  // namespace natto
