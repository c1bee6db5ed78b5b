#include "dataplane/punt.hpp"

#include <rte_cycles.h>

#include <optional>

#include "dataplane/tap.hpp"
#include "packet/icmp_error.hpp"

namespace natto {
namespace {

DropPlace place_in(const Burst& burst) noexcept {
  return {.realm = burst.in->realm, .way = Way::kIn, .tsc = burst.received_tsc};
}

void note(DropReason reason, const rte_mbuf& packet, const DropPlace& place,
          Worker& worker) noexcept {
  worker.drop_samples.note(reason, packet, place);
  if (worker.tap != nullptr) [[unlikely]] {
    worker.tap->dropped(packet, reason, place);
  }
  if (worker.refused_flows != nullptr) {
    worker.refused_flows->note(reason, packet, place);
  }
}

// Of a packet that parse() refused at its first headers nothing is known, and nobody is told.
void drop_slow(const Burst& burst, std::size_t i, DropReason reason, Worker& worker) noexcept {
  const SlowPacket& packet = burst.slow_packets[i];
  if (!icmp_error_for(reason) || !may_be_answered(packet.parsed)) {
    drop(burst.packets[i], reason, place_in(burst), worker);
    return;
  }
  const bool too_big = reason == DropReason::kExceedsMtu;
  const std::uint16_t next_hop_mtu =
      too_big ? worker.dataplane.ports[packet.found.destination.realm].rules.mtu : std::uint16_t{0};
  drop_and_answer(burst, i, {reason, next_hop_mtu}, worker);
}

}  // namespace

void drop(rte_mbuf* mbuf, DropReason reason, const DropPlace& place, Worker& worker) noexcept {
  worker.counters.drop(reason);
  note(reason, *mbuf, place, worker);
  rte_pktmbuf_free(mbuf);
}

void drop_leaving(std::span<rte_mbuf*> packets, DropReason reason, const PortContext& out,
                  Worker& worker) noexcept {
  const DropPlace place{.realm = out.realm, .way = Way::kOut, .tsc = rte_rdtsc()};
  for (rte_mbuf* mbuf : packets) {
    drop(mbuf, reason, place, worker);
  }
}

// Control makes the ICMP error. A worker spends at most a ring entry on it, and that only as often
// as is allowed (R19).
void drop_and_answer(const Burst& burst, std::size_t i, AnswerTag answer, Worker& worker) noexcept {
  rte_mbuf* mbuf = burst.packets[i];
  const bool silent = is_of_policy(answer.reason) && !worker.policy.answers();
  if (!icmp_error_for(answer.reason) || silent || !worker.icmp_errors.take(burst.received_tsc)) {
    drop(mbuf, answer.reason, place_in(burst), worker);
    return;
  }
  answer.put(*mbuf);
  mbuf->port = burst.in->realm;
  worker.counters.drop(answer.reason);
  note(answer.reason, *mbuf, place_in(burst), worker);
  if (rte_ring_enqueue(worker.dataplane.rings.to_answer.get(), mbuf) != 0) {
    rte_pktmbuf_free(mbuf);
  }
}

void punt(const Burst& burst, std::size_t i, Verdict verdict, Worker& worker) noexcept {
  if (verdict.is_drop()) {
    drop_slow(burst, i, verdict.reason(), worker);
    return;
  }
  const bool unresolved = verdict == Verdict::unresolved();
  const Rings& rings = worker.dataplane.rings;
  const Ring& ring = unresolved                  ? rings.unresolved
                     : verdict == Verdict::arp() ? rings.arp
                                                 : rings.own_address;
  rte_mbuf* mbuf = burst.packets[i];
  std::optional<RealmId> held_for;
  if (unresolved) {  // of others, the destination may not have been looked up
    held_for = burst.slow_packets[i].found.destination.realm;
  }
  if (worker.tap != nullptr) [[unlikely]] {
    worker.tap->punted(burst, i, held_for);
  }
  mbuf->port = held_for.value_or(burst.in->realm);
  if (rte_ring_enqueue(ring.get(), mbuf) == 0) {
    return;
  }
  if (held_for) {
    drop_leaving({&mbuf, 1}, DropReason::kNextHopUnresolved, worker.dataplane.ports[*held_for],
                 worker);
  } else {
    drop(mbuf, DropReason::kControlQueueFull, place_in(burst), worker);
  }
}

}  // namespace natto
