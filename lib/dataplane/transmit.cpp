#include "dataplane/transmit.hpp"

#include <rte_ethdev.h>

#include <algorithm>
#include <array>

#include "dataplane/fragment.hpp"
#include "dataplane/punt.hpp"
#include "dataplane/tap.hpp"

namespace natto {
namespace {

// How many of `packets`, from the first on, the port takes: none while it is out of use.
std::uint16_t put(const PortContext& out, std::span<rte_mbuf*> packets, Worker& worker) noexcept {
  return worker.ports_in_use.contains(out.realm)
             ? rte_eth_tx_burst(out.device, worker.index, packets.data(),
                                static_cast<std::uint16_t>(packets.size()))
             : std::uint16_t{0};
}

DropReason not_taken(const PortContext& out, const Worker& worker) noexcept {
  return worker.ports_in_use.contains(out.realm) ? DropReason::kTxRingFull : DropReason::kPortDown;
}

// Makes packets whose checksums the port computes what its driver wants them to be. Returns those
// that it does not refuse.
std::span<rte_mbuf*> prepare(const PortContext& out, std::span<rte_mbuf*> packets,
                             Worker& worker) noexcept {
  std::size_t ready = 0;
  while (true) {
    const std::span<rte_mbuf*> rest = packets.subspan(ready);
    ready += rte_eth_tx_prepare(out.device, worker.index, rest.data(),
                                static_cast<std::uint16_t>(rest.size()));
    if (ready == packets.size()) {
      return packets;
    }
    drop_leaving(packets.subspan(ready, 1), DropReason::kTxPrepareRefused, out, worker);
    std::ranges::copy(packets.subspan(ready + 1), packets.begin() + static_cast<long>(ready));
    packets = packets.first(packets.size() - 1);
  }
}

void send(const PortContext& out, std::span<rte_mbuf*> packets, Worker& worker) noexcept {
  if (out.computes_checksums && worker.ports_in_use.contains(out.realm)) {
    packets = prepare(out, packets, worker);
  }
  const std::uint16_t sent = put(out, packets, worker);
  worker.counters.translated.add(sent);
  worker.counters.ports[out.realm].transmitted.add(sent);
  if (sent != packets.size()) [[unlikely]] {
    drop_leaving(packets.subspan(sent), not_taken(out, worker), out, worker);
  }
}

// R16. A packet counts as translated if all its fragments were sent.
void send_fragments(const PortContext& out, rte_mbuf* mbuf, Worker& worker) noexcept {
  std::array<rte_mbuf*, kMaxFragments> fragments;
  const std::size_t count = fragment(mbuf, out.rules.mtu, worker.pool, fragments);
  if (count == 0) {
    drop_leaving({&mbuf, 1}, DropReason::kFragmentationFailed, out, worker);
    return;
  }
  const std::uint16_t sent = put(out, std::span(fragments).first(count), worker);
  worker.counters.ports[out.realm].transmitted.add(sent);
  worker.counters.fragments.add(sent);
  if (sent == count) {
    worker.counters.fragmented.add(1);
    worker.counters.translated.add(1);
  } else {
    // One packet, whatever is left of it.
    drop_leaving({&fragments[sent], 1}, not_taken(out, worker), out, worker);
    const auto rest = std::span(fragments).subspan(sent + 1, count - sent - 1);
    rte_pktmbuf_free_bulk(rest.data(), static_cast<unsigned>(rest.size()));
  }
}

// Moves the packets that leave to the front of the burst. Returns them.
std::span<rte_mbuf*> close_gaps(Burst& burst) noexcept {
  if (burst.leaving == PacketSet::first(burst.size)) [[likely]] {
    return burst.all();
  }
  std::uint16_t count = 0;
  burst.leaving.for_each([&](std::size_t i) { burst.packets[count++] = burst.packets[i]; });
  return burst.all().first(count);
}

// The packets of the burst that leave by `out`.
void transmit_by(const PortContext& out, Burst& burst, Worker& worker) noexcept {
  std::array<rte_mbuf*, kBurst> waiting;
  std::size_t count = 0;
  const auto flush = [&] {
    if (count != 0) {
      send(out, std::span(waiting).first(count), worker);
      count = 0;
    }
  };
  burst.leaving.for_each([&](std::size_t i) {
    if (burst.out[i] != out.realm) {
      return;
    }
    if (burst.oversized.contains(i)) [[unlikely]] {
      flush();
      send_fragments(out, burst.packets[i], worker);
    } else {
      waiting[count++] = burst.packets[i];
    }
  });
  flush();
}

bool exceeds_mtu(const rte_mbuf& mbuf, const PortContext& out) noexcept {
  return mbuf.pkt_len > kIpv4Offset + out.rules.mtu;
}

void note_generated(const rte_mbuf& mbuf, const PortContext& out, Worker& worker) noexcept {
  if (worker.tap != nullptr) [[unlikely]] {
    worker.tap->generated(mbuf, out.realm);
  }
}

// Not inline: every poll looks whether there is something to send, and would save its registers.
__rte_noinline void send_for_control(rte_mbuf* mbuf, const PortContext& out,
                                     Worker& worker) noexcept {
  const bool forwarded = static_cast<Origin>(mbuf->hash.usr) == Origin::kForwarded;
  if (forwarded && exceeds_mtu(*mbuf, out)) {
    send_fragments(out, mbuf, worker);
  } else if (forwarded) {
    send(out, {&mbuf, 1}, worker);
  } else if (note_generated(*mbuf, out, worker); put(out, {&mbuf, 1}, worker) == 1) {
    worker.counters.generated.add(1);
    worker.counters.ports[out.realm].transmitted.add(1);
  } else {
    rte_pktmbuf_free(mbuf);
  }
}

}  // namespace

void transmit(Burst& burst, Worker& worker) noexcept {
  if (const auto realm = burst.out_ports.only(); realm && burst.oversized.empty()) [[likely]] {
    send(worker.dataplane.ports[*realm], close_gaps(burst), worker);
    return;
  }
  for (const PortContext& out : worker.dataplane.ports) {
    if (burst.out_ports.contains(out.realm)) {
      transmit_by(out, burst, worker);
    }
  }
}

void transmit_for_control(Worker& worker) noexcept {
  for (const PortContext& out : worker.dataplane.ports) {
    rte_ring* ring = worker.dataplane.rings.to_worker[out.realm].get();
    void* entry = nullptr;
    for (std::uint16_t i = 0; i < kBurst && rte_ring_dequeue(ring, &entry) == 0; ++i) {
      send_for_control(static_cast<rte_mbuf*>(entry), out, worker);
    }
  }
}

}  // namespace natto
