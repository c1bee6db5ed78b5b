#include "dataplane/fast_path.hpp"

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/checksum_offload.hpp"
#include "dataplane/punt.hpp"
#include "packet/half_made.hpp"
#include "packet/mss.hpp"
#include "packet/plain.hpp"
#include "packet/rewrite.hpp"

namespace natto {
namespace {

static_assert(kBurst * TranslationCache::Pending::kMostBursts < PendingCount::kMostPackets);
static_assert(kBurst * PairCache::Pending::kMostBursts < PendingCount::kMostPackets);

/// What the steps find out about a packet.
template <typename Known>
struct PlainPacket {
  std::uint8_t* frame;
  typename Known::Places known;
  const EthernetAddresses* next_hop;
  std::uint16_t length;  ///< bytes of the IPv4 packet; 0: it leaves the fast path

  [[nodiscard]] std::span<std::uint8_t> bytes() const noexcept {
    return {frame, kIpv4Offset + length};
  }
  [[nodiscard]] const Ipv4Header& ip() const noexcept {
    return header_at<Ipv4Header>(std::span<const std::uint8_t>(bytes()), kIpv4Offset);
  }
  [[nodiscard]] bool is_tcp_syn() const noexcept {
    return ip().protocol == protocol::kTcp && is_syn(bytes().subspan(kTransportOffset));
  }
};
template <typename Known>
using PlainPackets = std::array<PlainPacket<Known>, kBurst>;

/// Knows packets by their addresses, each by itself: all that matters where all may pass. `Bits`
/// are those that matter of an address, as the table has them.
template <typename Bits>
class ByAddress {
 public:
  /// Where the cache has them, if it does.
  struct Places {
    CachedTranslation* source;
    CachedTranslation* destination;
  };
  using Packet = PlainPacket<ByAddress>;

  using Keys = TranslationCache::Keys<Bits>;

  ByAddress(const Worker& worker, Keys real, Keys mapped) noexcept
      : cache_(worker.cache.reader()), real_(real), mapped_(mapped) {}

  void prefetch(Packet& packet, const Ipv4Header& ip) const noexcept {
    packet.known.source = cache_.prefetch(real_.of(ip.source));
    packet.known.destination = cache_.prefetch(mapped_.of(ip.destination));
  }
  [[nodiscard]] bool find(Packet& packet) const noexcept {
    const Ipv4Header& ip = packet.ip();
    packet.known.source = cache_.find(real_.of(ip.source), packet.known.source);
    packet.known.destination = cache_.find(mapped_.of(ip.destination), packet.known.destination);
    return packet.known.source != nullptr && packet.known.destination != nullptr;
  }

  [[nodiscard]] static RealmId realm(const Packet& packet) noexcept {
    return packet.known.destination->translation.realm;
  }
  [[nodiscard]] static Ipv4Address new_destination(const Packet& packet) noexcept {
    return packet.known.destination->translation.apply(packet.ip().destination).address;
  }
  [[nodiscard]] static NewAddresses new_addresses(const Packet& packet) noexcept {
    const Ipv4Header& ip = packet.ip();
    return NewAddresses::of(packet.known.source->translation.apply(ip.source),
                            packet.known.destination->translation.apply(ip.destination));
  }
  static void count(const Packet& packet) noexcept {
    packet.known.source->pending.add(packet.length);
    packet.known.destination->pending.add(packet.length);
  }
  static TranslationCache::Pending& pending(Worker& worker) noexcept {
    return worker.cache.pending();
  }
  static constexpr bool kLooksCloser = false;
  static bool lets(const Packet& /*packet*/) noexcept { return true; }

 private:
  TranslationCache::Reader cache_;
  Keys real_;
  Keys mapped_;
};

/// Knows packets by their pairs of addresses, and with them what the policy says.
template <typename Bits>
class ByPair {
 public:
  using Places = CachedPair*;  ///< where the cache has it, if it does
  using Packet = PlainPacket<ByPair>;

  using Keys = PairCache::Keys<Bits>;

  ByPair(const Burst& burst, const Worker& worker, Keys keys) noexcept
      : pairs_(worker.pairs.reader()),
        keys_(keys),
        policy_(worker.policy),
        now_(burst.received_tsc) {}

  void prefetch(Packet& packet, const Ipv4Header& ip) const noexcept {
    packet.known = pairs_.prefetch(keys_.of(addresses_of(ip), ip.protocol));
  }
  [[nodiscard]] bool find(Packet& packet) const noexcept {
    const Ipv4Header& ip = packet.ip();
    packet.known = pairs_.find(keys_.of(addresses_of(ip), ip.protocol), packet.known);
    return packet.known != nullptr;
  }

  [[nodiscard]] static RealmId realm(const Packet& packet) noexcept { return packet.known->realm; }
  [[nodiscard]] static Ipv4Address new_destination(const Packet& packet) noexcept {
    return new_addresses(packet).destination;
  }
  [[nodiscard]] static NewAddresses new_addresses(const Packet& packet) noexcept {
    return packet.known->apply(addresses_of(packet.ip()));
  }
  static void count(const Packet& packet) noexcept { packet.known->pending.add(packet.length); }
  static PairCache::Pending& pending(Worker& worker) noexcept { return worker.pairs.pending(); }
  static constexpr bool kLooksCloser = true;
  /// Whether it may be translated without a closer look.
  [[nodiscard]] bool lets(const Packet& packet) const noexcept {
    const CachedPair& pair = *packet.known;
    return pair.allows_port_of(packet.bytes()) && !pair.notices_flags_of(packet.bytes()) &&
           policy_.keeps_limit(pair, packet.bytes(), now_);
  }

 private:
  PairCache::Reader pairs_;
  Keys keys_;
  PolicyGate policy_;
  std::uint64_t now_;  ///< TSC cycles
};

/// Picks the plain packets, and asks the CPU to bring what is known of them.
template <typename Known>
void pick(Burst& burst, const Known& known, PlainPackets<Known>& packets) noexcept {
  // Local, since stores to packets might change any member as far as the compiler knows.
  const std::span<rte_mbuf*> mbufs = burst.all();
  const PlainShape shape(burst.in->filter);

  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    rte_mbuf& mbuf = *mbufs[i];
    PlainPacket<Known>& packet = packets[i];
    packet.frame = rte_pktmbuf_mtod(&mbuf, std::uint8_t*);
    packet.length = 0;
    if (is_one_own_buffer(mbuf)) [[likely]] {
      const std::span<const std::uint8_t> frame(packet.frame, mbuf.data_len);
      if (const std::uint16_t length = shape.length_of(frame)) [[likely]] {
        known.prefetch(packet, header_at<Ipv4Header>(frame, kIpv4Offset));
        packet.length = length;
        cut_padding(mbuf, kIpv4Offset + length);
      }
    }
  }
}

/// Packet `i`, which needs a closer look: whether it may be translated after all. It is dropped if
/// not.
template <typename Known>
bool look_closer(Burst& burst, std::size_t i, Worker& worker,
                 const PlainPacket<Known>& packet) noexcept {
  if (worker.policy.exists()) {
    const Verdict verdict = worker.policy.ask(*packet.known, packet.bytes(), burst.received_tsc);
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
               PlainPackets<Known>& packets) noexcept {
  const std::size_t size = burst.size;
  rte_mbuf* const* const mbufs = burst.packets.data();
  const NextHops* const next_hops = worker.next_hops->data();
  const PortContext* const ports = worker.dataplane.ports.data();
  const Ipv4Address broadcast = burst.in->directed_broadcast;
  RealmId* const out = burst.out.data();

  PacketSet slow;
  PacketSet unknown;
  PacketSet held;
  PortSet out_ports;
  std::uint64_t offloaded = 0;
  const auto find = [&](PlainPacket<Known>& packet, std::size_t i) {
    if (packet.length == 0) [[unlikely]] {
      return false;
    }
    if (!known.find(packet)) [[unlikely]] {
      unknown.add(i);
      return false;
    }
    const Ipv4Header& ip = packet.ip();
    const Ipv4Address destination = Known::new_destination(packet);
    const RealmId realm = Known::realm(packet);
    const PortContext& port = ports[realm];
    packet.next_hop = next_hops[realm].find(destination);
    if (packet.next_hop == nullptr || !plain_may_leave(ip, packet.length, destination, broadcast,
                                                       port.directed_broadcast, port.rules.mtu))
        [[unlikely]] {
      return false;
    }
    out[i] = realm;
    out_ports = out_ports.with(realm);
    return true;
  };
  const auto rewrite_packet = [&](const PlainPacket<Known>& packet, std::size_t i) {
    const std::span<std::uint8_t> frame = packet.bytes();
    const NewAddresses addresses = Known::new_addresses(packet);
    Known::count(packet);
    if (ports[out[i]].computes_checksums && leave_checksums_to_port(*mbufs[i], frame)) {
      rewrite_addresses(frame, addresses);
      ++offloaded;
    } else {
      rewrite(frame, plain_transport(frame), addresses);
    }
    rewrite_ethernet(frame, *packet.next_hop);
  };

  for (std::size_t i = 0; i < size; ++i) {
    PlainPacket<Known>& packet = packets[i];
    if (!find(packet, i)) [[unlikely]] {
      slow.add(i);
    } else if (known.lets(packet)) [[likely]] {
      rewrite_packet(packet, i);
    } else {
      held.add(i);
    }
  }
  burst.slow = slow;
  burst.unknown = unknown;
  burst.leaving = PacketSet::first(size);
  burst.oversized = {};
  burst.out_ports = out_ports;
  if constexpr (Known::kLooksCloser) {
    held.for_each([&](std::size_t i) {
      if (look_closer(burst, i, worker, packets[i])) {
        rewrite_packet(packets[i], i);
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
  pick(burst, known, packets);
  // One of them is enough for a hint, and costs next to nothing.
  const PlainPacket<Known>& first = packets[0];
  if (first.length != 0 && is_checksum_half_made(first.bytes())) [[unlikely]] {
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
      run(burst, worker, ByPair(burst, worker, pairs.keys_of_all(from)));
    } else {
      run(burst, worker, ByPair(burst, worker, pairs.keys_of_ranges(from)));
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
