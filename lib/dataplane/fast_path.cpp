#include "dataplane/fast_path.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "dataplane/by_address.hpp"
#include "dataplane/by_pair.hpp"
#include "dataplane/checksum_offload.hpp"
#include "dataplane/pick.hpp"
#include "dataplane/punt.hpp"
#include "packet/half_made.hpp"
#include "packet/mss.hpp"
#include "packet/rewrite.hpp"

namespace natto {
namespace {

static_assert(kBurst * TranslationCache::Pending::kMostBursts < PendingCount::kMostPackets);
static_assert(kBurst * PairCache::Pending::kMostBursts < PendingCount::kMostPackets);

template <typename Known>
using PlainPackets = std::array<typename Known::Packet, kBurst>;

/// Packet `i` of a known pair, which needs a closer look: whether it may be translated after all.
/// It is dropped if not.
template <typename Packet>
bool look_closer(Burst& burst, std::size_t i, Worker& worker, const Packet& packet,
                 const CachedPair& pair) noexcept {
  if (worker.policy.exists()) {
    const Verdict verdict = worker.policy.ask(pair, packet.bytes(), burst.received_tsc);
    if (!verdict.is_forward()) {
      drop_and_answer(burst, i, {.reason = verdict.reason(), .next_hop_mtu = 0}, worker);
      burst.leaving.remove(i);
      return false;
    }
  }
  const PortContext& out = worker.dataplane.ports[burst.out[i]];
  const auto largest = largest_mss(burst.in->rules, out.rules);
  if (largest && packet.is_tcp_syn()) {
    clamp_mss(packet.bytes().subspan(kTransportOffset), *largest);
  }
  return true;
}

/// Finds what is known of all packets, and their next hops, and translates them.
template <typename Known>
void translate(Burst& burst, Worker& worker, const Known& known,
               const PlainPackets<Known>& packets) noexcept {
  using Packet = typename Known::Packet;
  using Found = typename Known::Found;
  // Local, since as far as the compiler knows a store to a packet changes what lies elsewhere.
  const std::size_t size = burst.size;
  rte_mbuf* const* const mbufs = burst.packets.data();
  const NextHops* const next_hops = worker.next_hops->data();
  const PortContext* const ports = worker.dataplane.ports.data();
  std::array<RealmId, kBurst> out;
  PacketSet slow;
  PacketSet unknown;
  PacketSet held;
  PortSet out_ports;
  std::uint64_t offloaded = 0;

  const auto rewrite_packet = [&](const Packet& packet, const Found& found, rte_mbuf& mbuf,
                                  const NewAddresses& addresses, const EthernetAddresses& next_hop,
                                  bool computes_checksums) {
    found.count(PendingCount::of_one(packet.plain.length()));
    const std::span<std::uint8_t> frame = packet.bytes();
    if (computes_checksums && leave_checksums_to_port(mbuf, frame)) {
      rewrite_addresses(frame, addresses);
      ++offloaded;
    } else {
      rewrite(frame, packet.plain.checksum(), addresses);
    }
    rewrite_ethernet(frame, next_hop);
  };

  for (std::size_t i = 0; i < size; ++i) {
    const Packet& packet = packets[i];
    if (!packet.plain) [[unlikely]] {
      slow.add(i);
      continue;
    }
    const Found found = known.find(packet.places);
    if (!found) [[unlikely]] {
      slow.add(i);
      unknown.add(i);
      continue;
    }
    const NewAddresses addresses = found.new_addresses(packet);
    const RealmId realm = found.realm();
    const PortContext& port = ports[realm];
    const bool computes_checksums = port.computes_checksums;
    const EthernetAddresses* const next_hop = next_hops[realm].find(addresses.destination);
    if (next_hop == nullptr || !plain_may_leave(packet.plain.length(), addresses.destination,
                                                port.directed_broadcast, port.rules.mtu))
        [[unlikely]] {
      slow.add(i);
      continue;
    }
    out[i] = realm;
    out_ports = out_ports.with(realm);
    if (known.lets(packet, found)) [[likely]] {
      rewrite_packet(packet, found, *mbufs[i], addresses, *next_hop, computes_checksums);
    } else {
      held.add(i);
    }
  }
  std::memcpy(burst.out.data(), out.data(), sizeof(out));
  burst.slow = slow;
  burst.unknown = unknown;
  burst.leaving = PacketSet::first(size);
  burst.oversized = {};
  burst.out_ports = out_ports;
  if constexpr (Known::kLooksCloser) {
    held.for_each([&](std::size_t i) {
      const Packet& packet = packets[i];
      const Found found = known.find(packet.places);
      if (look_closer(burst, i, worker, packet, *found.pair)) {
        const NewAddresses addresses = found.new_addresses(packet);
        rewrite_packet(packet, found, *mbufs[i], addresses,
                       *next_hops[out[i]].find(addresses.destination),
                       ports[out[i]].computes_checksums);
      }
    });
  }
  if (offloaded != 0) {
    worker.counters.checksums_offloaded.add(offloaded);
  }
}

template <typename Known>
void run(Burst& burst, Worker& worker, const Known& known) noexcept {
  PlainPackets<Known> packets;
  Picker<Known>(*burst.in, known).pick(burst.all(), packets);
  // One of them is enough for a hint, and costs next to nothing.
  const typename Known::Packet& first = packets[0];
  if (first.plain && is_checksum_half_made(first.bytes())) [[unlikely]] {
    worker.counters.checksum_half_made.add(1);
  }
  translate(burst, worker, known, packets);
  if (burst.slow != burst.leaving) {
    Known::pending(worker).counted(worker.dataplane.clock.at(burst.received_tsc));
  }
}

}  // namespace

void fast_path(Burst& burst, Worker& worker) noexcept {
  const RealmId from = burst.in->realm;
  const TranslationCache& cache = worker.cache;
  const PairCache& pairs = worker.pairs;
  const bool same_bits = worker.table->kept_bits().are_same_for_all();
  if (worker.asks_pairs(*burst.in)) {
    if (same_bits) {
      run(burst, worker, ByPair(worker, pairs.keys_of_all(from), burst.received_tsc));
    } else {
      run(burst, worker, ByPair(worker, pairs.keys_of_ranges(from), burst.received_tsc));
    }
  } else if (same_bits) {
    run(burst, worker,
        ByAddress(worker, cache.keys_of_all(real_scope(from)), cache.keys_of_all(kMappedScope)));
  } else {
    run(burst, worker,
        ByAddress(worker, cache.keys_of_ranges(real_scope(from)),
                  cache.keys_of_ranges(kMappedScope)));
  }
}

}  // namespace natto
