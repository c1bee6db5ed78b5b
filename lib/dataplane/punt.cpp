#include "dataplane/punt.hpp"

#include "packet/icmp_error.hpp"

namespace natto {
namespace {

// Control makes the ICMP error. A worker spends at most a ring entry on it, and that only as often
// as is allowed (R19).
void drop_and_report(const Burst& burst, std::size_t i, DropReason reason,
                     Worker& worker) noexcept {
  rte_mbuf* mbuf = burst.packets[i];
  const SlowPacket& packet = burst.slow_packets[i];
  if (!icmp_error_for(reason) || !may_be_answered(packet.parsed) ||
      !worker.icmp_errors.take(burst.received_tsc)) {
    drop(mbuf, reason, worker);
    return;
  }
  const Dataplane& dataplane = worker.dataplane;
  const bool too_big = reason == DropReason::kExceedsMtu;
  const std::uint16_t next_hop_mtu =
      too_big ? dataplane.ports[packet.found.destination.realm].rules.mtu : std::uint16_t{0};
  AnswerTag{reason, next_hop_mtu}.put(*mbuf);
  mbuf->port = burst.in->realm;
  worker.counters.drop(reason);
  if (rte_ring_enqueue(dataplane.rings.to_answer.get(), mbuf) != 0) {
    rte_pktmbuf_free(mbuf);
  }
}

}  // namespace

void punt(const Burst& burst, std::size_t i, Verdict verdict, Worker& worker) noexcept {
  if (verdict.is_drop()) {
    drop_and_report(burst, i, verdict.reason(), worker);
    return;
  }
  const bool unresolved = verdict == Verdict::unresolved();
  const Rings& rings = worker.dataplane.rings;
  const Ring& ring = unresolved                  ? rings.unresolved
                     : verdict == Verdict::arp() ? rings.arp
                                                 : rings.own_address;
  rte_mbuf* mbuf = burst.packets[i];
  mbuf->port = unresolved ? burst.slow_packets[i].found.destination.realm : burst.in->realm;
  if (rte_ring_enqueue(ring.get(), mbuf) != 0) {
    drop(mbuf, unresolved ? DropReason::kNextHopUnresolved : DropReason::kControlQueueFull, worker);
  }
}

}  // namespace natto
