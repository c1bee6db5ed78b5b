#include "dataplane/fast_path.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "dataplane/checksum_offload.hpp"
#include "dataplane/punt.hpp"
#include "packet/half_made.hpp"
#include "packet/mss.hpp"
#include "packet/plain.hpp"
#include "packet/rewrite.hpp"

namespace natto {
namespace {

static_assert(kBurst * PendingCounts::kMostBursts < CachedTranslation::kMostPackets);

/// What the steps find out about a packet.
struct PlainPacket {
  std::uint8_t* frame;
  CachedTranslation* source;       ///< where the cache has it, if it does
  CachedTranslation* destination;  ///< likewise
  const EthernetAddresses* next_hop;
  std::uint16_t length;  ///< bytes of the IPv4 packet; 0: it leaves the fast path

  [[nodiscard]] std::span<std::uint8_t> bytes() const noexcept {
    return {frame, kIpv4Offset + length};
  }
  [[nodiscard]] const Ipv4Header& ip() const noexcept {
    return header_at<Ipv4Header>(std::span<const std::uint8_t>(bytes()), kIpv4Offset);
  }
};
using PlainPackets = std::array<PlainPacket, kBurst>;

/// Picks the plain packets, and asks the CPU to bring their translations.
void pick(Burst& burst, Worker& worker, PlainPackets& packets) noexcept {
  // Local, since stores to packets might change any member as far as the compiler knows.
  const std::span<rte_mbuf*> mbufs = burst.all();
  const PlainShape shape(burst.in->filter);
  const TranslationCache::Reader cache = worker.cache.reader();
  const CachedTranslation::Tag real =
      worker.cache.tag(TranslationTable::real_scope(burst.in->realm));
  const CachedTranslation::Tag mapped = worker.cache.tag(TranslationTable::kMappedScope);

  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    rte_mbuf& mbuf = *mbufs[i];
    PlainPacket& packet = packets[i];
    packet.frame = rte_pktmbuf_mtod(&mbuf, std::uint8_t*);
    packet.length = 0;
    if (is_one_own_buffer(mbuf)) [[likely]] {
      const std::span<const std::uint8_t> frame(packet.frame, mbuf.data_len);
      if (const std::uint16_t length = shape.length_of(frame)) [[likely]] {
        const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
        packet.source = cache.prefetch(real, ip.source);
        packet.destination = cache.prefetch(mapped, ip.destination);
        packet.length = length;
        cut_padding(mbuf, kIpv4Offset + length);
      }
    }
  }
}

/// Drops what the policy refuses.
void ask_policy(Burst& burst, Worker& worker, PlainPackets& packets) noexcept {
  const PolicyGate policy = worker.policy;
  const PairCache::Reader pairs = policy.pairs();
  const auto groups_of = [](const PlainPacket& packet) {
    return std::pair(packet.source->translation.group, packet.destination->translation.group);
  };
  std::array<const CachedPair*, kBurst> places;
  for (std::size_t i = 0; i < burst.size; ++i) {
    if (packets[i].length != 0) [[likely]] {
      const auto [source, destination] = groups_of(packets[i]);
      places[i] = pairs.prefetch(source, destination, packets[i].ip().protocol);
    }
  }
  for (std::size_t i = 0; i < burst.size; ++i) {
    PlainPacket& packet = packets[i];
    if (packet.length == 0) [[unlikely]] {
      continue;
    }
    const auto [source, destination] = groups_of(packet);
    const CachedPair* const pair = pairs.find(source, destination, packet.ip().protocol, places[i]);
    if (pair != nullptr && policy.pass(*pair, packet.bytes(), burst.received_tsc)) [[likely]] {
      continue;
    }
    const Verdict verdict =
        policy.ask(source, destination, pair, packet.bytes(), burst.received_tsc);
    if (!verdict.is_forward()) {
      drop_and_answer(burst, i, {.reason = verdict.reason(), .next_hop_mtu = 0}, worker);
      burst.leaving.remove(i);
      packet.length = 0;
    }
  }
}

/// Lowers the MSS of TCP's SYN segments to what both ports carry.
void clamp_mss(Burst& burst, Worker& worker, const PlainPackets& packets) noexcept {
  for (std::size_t i = 0; i < burst.size; ++i) {
    const PlainPacket& packet = packets[i];
    if (packet.length != 0 && packet.ip().protocol == protocol::kTcp &&
        is_syn(packet.bytes().subspan(kTransportOffset))) [[unlikely]] {
      const PortContext& out = worker.dataplane.ports[burst.out[i]];
      if (const auto largest = largest_mss(burst.in->rules, out.rules)) {
        natto::clamp_mss(packet.bytes().subspan(kTransportOffset), *largest);
      }
    }
  }
}

/// Nothing is to be done between finding and translating.
struct Nothing {};

/// Finds the translations and next hops of all packets, and translates them. `between` may take
/// packets out, or change them, before any is translated. If it is Nothing, as without a policy,
/// each packet is translated as soon as it is found, which takes fewer instructions.
template <typename Between>
void find_and_translate(Burst& burst, Worker& worker, PlainPackets& packets,
                        Between between) noexcept {
  constexpr bool kAtOnce = std::is_same_v<Between, Nothing>;
  const std::size_t size = burst.size;
  rte_mbuf* const* const mbufs = burst.packets.data();
  const TranslationCache::Reader cache = worker.cache.reader();
  const CachedTranslation::Tag real =
      worker.cache.tag(TranslationTable::real_scope(burst.in->realm));
  const CachedTranslation::Tag mapped = worker.cache.tag(TranslationTable::kMappedScope);
  const NextHops* const next_hops = worker.next_hops->data();
  const PortContext* const ports = worker.dataplane.ports.data();
  const Ipv4Address broadcast = burst.in->directed_broadcast;
  RealmId* const out = burst.out.data();
  const std::optional<RealmId> closed_realm = burst.in->rules.closed_realm;

  PacketSet slow;
  PortSet out_ports;
  std::uint64_t offloaded = 0;
  const auto find = [&](PlainPacket& packet, std::size_t i) {
    if (packet.length == 0) [[unlikely]] {
      return false;
    }
    const Ipv4Header& ip = packet.ip();
    packet.source = cache.find(real, ip.source, packet.source);
    packet.destination = cache.find(mapped, ip.destination, packet.destination);
    if (packet.source == nullptr || packet.destination == nullptr) [[unlikely]] {
      return false;
    }
    const Translation& translation = packet.destination->translation;
    const Ipv4Address destination = translation.apply(ip.destination).address;
    const RealmId realm = translation.realm;
    const PortContext& port = ports[realm];
    packet.next_hop = next_hops[realm].find(destination);
    if (packet.next_hop == nullptr || packet.length > port.rules.mtu ||
        ip.source == ip.destination || (!kAtOnce && realm == closed_realm) ||
        ip.destination == broadcast || destination == port.directed_broadcast) [[unlikely]] {
      return false;
    }
    out[i] = realm;
    out_ports = out_ports.with(realm);
    return true;
  };
  const auto translate = [&](const PlainPacket& packet, std::size_t i) {
    const std::span<std::uint8_t> frame = packet.bytes();
    const Ipv4Header& ip = packet.ip();
    const NewAddresses addresses =
        NewAddresses::of(packet.source->translation.apply(ip.source),
                         packet.destination->translation.apply(ip.destination));
    packet.source->count(packet.length);
    packet.destination->count(packet.length);
    if (ports[out[i]].computes_checksums && leave_checksums_to_port(*mbufs[i], frame)) {
      rewrite_addresses(frame, addresses);
      ++offloaded;
    } else {
      rewrite(frame, plain_transport(frame), addresses);
    }
    rewrite_ethernet(frame, *packet.next_hop);
  };

  for (std::size_t i = 0; i < size; ++i) {
    PlainPacket& packet = packets[i];
    if (!find(packet, i)) [[unlikely]] {
      packet.length = 0;
      slow.add(i);
      continue;
    }
    if constexpr (kAtOnce) {
      translate(packet, i);
    }
  }
  burst.slow = slow;
  burst.leaving = PacketSet::first(size);
  burst.oversized = {};
  burst.out_ports = out_ports;
  if constexpr (!kAtOnce) {
    between();
    for (std::size_t i = 0; i < size; ++i) {
      if (packets[i].length != 0) [[likely]] {
        translate(packets[i], i);
      }
    }
  }
  if (offloaded != 0) {
    worker.counters.checksums_offloaded.add(offloaded);
  }
}

}  // namespace

void fast_path(Burst& burst, Worker& worker) noexcept {
  PlainPackets packets;
  pick(burst, worker, packets);
  // One of them is enough for a hint, and costs next to nothing.
  const PlainPacket& first = packets[0];
  if (first.length != 0 && is_checksum_half_made(first.bytes())) [[unlikely]] {
    worker.counters.checksum_half_made.add(1);
  }
  if (worker.policy.exists() || worker.dataplane.clamps_mss || burst.in->rules.closed_realm) {
    find_and_translate(burst, worker, packets, [&] {
      if (worker.policy.exists()) {
        ask_policy(burst, worker, packets);
      }
      if (worker.dataplane.clamps_mss) {
        clamp_mss(burst, worker, packets);
      }
    });
  } else {
    find_and_translate(burst, worker, packets, Nothing{});
  }
  if (burst.slow != burst.leaving) {
    worker.cache.pending().counted(worker.dataplane.clock.at(burst.received_tsc));
  }
}

}  // namespace natto
