#include "dataplane/fast_path.hpp"

#include <array>
#include <optional>
#include <span>

#include "dataplane/checksum_offload.hpp"
#include "dataplane/punt.hpp"
#include "packet/flow.hpp"
#include "packet/half_made.hpp"
#include "packet/mss.hpp"
#include "packet/plain.hpp"
#include "packet/rewrite.hpp"

namespace natto {
namespace {

static_assert(kBurst * PendingCounts::kMostBursts < CachedTranslation::kMostPackets);

struct PlainPacket {
  std::uint8_t* frame;
  CachedTranslation* source;       ///< where the cache has it, if it does
  CachedTranslation* destination;  ///< likewise
  std::uint16_t length;            ///< bytes of the IPv4 packet; 0: it is not plain
};

/// What the policy says of the plain packet in `frame`; counts it.
Verdict ask_policy(const PolicyGate& policy, Policy::Group source, Policy::Group destination,
                   std::span<const std::uint8_t> frame, std::uint64_t now) noexcept {
  const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
  const Policy::Judgement judgement = policy.judge(
      source, destination, flow_of_whole(ip.protocol, frame.subspan(kTransportOffset)));
  return judgement.verdict.is_forward()
             ? policy.pass(judgement, source, destination, ip.total_length.host(), now)
             : policy.refuse(judgement);
}

/// Whether the plain packet in `frame` opens a TCP connection.
bool is_tcp_syn(std::span<const std::uint8_t> frame) noexcept {
  return header_at<Ipv4Header>(frame, kIpv4Offset).protocol == protocol::kTcp &&
         is_syn(frame.subspan(kTransportOffset));
}

/// Two of them, so that tables without a policy and ports which allow hairpins and leave the MSS
/// alone, as nearly all do, need not ask.
template <bool kAsksMore>
void fast_path_of(Burst& burst, Worker& worker) noexcept {
  // Local, since stores to packets might change any member as far as the compiler knows.
  const std::span<rte_mbuf*> mbufs = burst.all();
  const PlainShape shape(burst.in->filter);
  const TranslationCache::Reader cache = worker.cache.reader();
  const CachedTranslation::Tag real =
      worker.cache.tag(TranslationTable::real_scope(burst.in->realm));
  const CachedTranslation::Tag mapped = worker.cache.tag(TranslationTable::kMappedScope);
  const NextHops* const next_hops = worker.next_hops->data();
  const PortContext* const ports = worker.dataplane.ports.data();
  const std::optional<RealmId> closed_realm = burst.in->rules.closed_realm;
  const Ipv4Address broadcast = burst.in->directed_broadcast;
  const PolicyGate policy = worker.policy;
  const bool clamps_mss = worker.dataplane.clamps_mss;
  RealmId* const out = burst.out.data();

  std::array<PlainPacket, kBurst> packets;
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

  // One of them is enough for a hint, and costs next to nothing.
  const PlainPacket& first = packets[0];
  const bool half_made =
      first.length != 0 && is_checksum_half_made({first.frame, kIpv4Offset + first.length});

  PacketSet slow;
  PacketSet dropped;
  PortSet out_ports;
  std::uint64_t offloaded = 0;
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    const std::uint16_t length = packets[i].length;
    if (length == 0) [[unlikely]] {
      slow.add(i);
      continue;
    }
    const std::span<std::uint8_t> frame(packets[i].frame, kIpv4Offset + length);
    const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
    CachedTranslation* const source = cache.find(real, ip.source, packets[i].source);
    CachedTranslation* const destination =
        cache.find(mapped, ip.destination, packets[i].destination);
    if (source == nullptr || destination == nullptr) [[unlikely]] {
      slow.add(i);
      continue;
    }
    const NewAddresses addresses = NewAddresses::of(source->translation.apply(ip.source),
                                                    destination->translation.apply(ip.destination));
    const RealmId realm = destination->translation.realm;
    const PortContext& port = ports[realm];
    const EthernetAddresses* next_hop = next_hops[realm].find(addresses.destination);
    if (next_hop == nullptr || length > port.rules.mtu || ip.source == ip.destination ||
        (kAsksMore && realm == closed_realm) || ip.destination == broadcast ||
        addresses.destination == port.directed_broadcast) [[unlikely]] {
      slow.add(i);
      continue;
    }
    if (kAsksMore && policy.exists()) {
      const Verdict verdict = ask_policy(policy, source->translation.group,
                                         destination->translation.group, frame, burst.received_tsc);
      if (!verdict.is_forward()) [[unlikely]] {
        drop_and_answer(burst, i, {.reason = verdict.reason(), .next_hop_mtu = 0}, worker);
        dropped.add(i);
        continue;
      }
    }
    if (kAsksMore && clamps_mss && is_tcp_syn(frame)) [[unlikely]] {
      if (const auto largest = largest_mss(burst.in->rules, port.rules)) {
        clamp_mss(frame.subspan(kTransportOffset), *largest);
      }
    }
    source->count(length);
    destination->count(length);
    if (port.computes_checksums && leave_checksums_to_port(*mbufs[i], frame)) {
      rewrite_addresses(frame, addresses);
      ++offloaded;
    } else {
      rewrite(frame, plain_transport(frame), addresses);
    }
    rewrite_ethernet(frame, *next_hop);
    out[i] = realm;
    out_ports = out_ports.with(realm);
  }

  if (offloaded != 0) {
    worker.counters.checksums_offloaded.add(offloaded);
  }
  if (half_made) [[unlikely]] {
    worker.counters.checksum_half_made.add(1);
  }
  burst.slow = slow;
  burst.leaving = PacketSet::first(mbufs.size()).without(dropped);
  burst.oversized = {};
  burst.out_ports = out_ports;
  if (slow != burst.leaving) {
    worker.cache.pending().counted(worker.dataplane.clock.at(burst.received_tsc));
  }
}

}  // namespace

void fast_path(Burst& burst, Worker& worker) noexcept {
  if (burst.in->rules.closed_realm || worker.dataplane.clamps_mss || worker.policy.exists()) {
    fast_path_of<true>(burst, worker);
  } else {
    fast_path_of<false>(burst, worker);
  }
}

}  // namespace natto
