#include "dataplane/slow_path.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "dataplane/checksum_offload.hpp"
#include "dataplane/punt.hpp"
#include "packet/decision.hpp"
#include "packet/mss.hpp"
#include "packet/parse.hpp"
#include "packet/rewrite.hpp"

namespace natto {
namespace {

// Packets whose bytes others hold are copied first. Only the first bytes of a packet are looked at
// and changed, but for an ICMP error's checksum, which covers all of it.
Verdict parse(Burst& burst, std::size_t i, Worker& worker) noexcept {
  rte_mbuf*& mbuf = burst.packets[i];
  if (!is_one_own_buffer(*mbuf) && is_shared(*mbuf)) [[unlikely]] {
    rte_mbuf* copy = rte_pktmbuf_copy(mbuf, worker.pool, 0, UINT32_MAX);
    if (copy == nullptr) {
      return DropReason::kMbufUnavailable;
    }
    rte_pktmbuf_free(std::exchange(mbuf, copy));
  }
  SlowPacket& packet = burst.slow_packets[i];
  ParsedPacket& parsed = packet.parsed;
  packet.head = read_head(*mbuf, packet.scratch);
  const bool checksum_good =
      (mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  const Verdict verdict =
      natto::parse({.head = packet.head.bytes,
                    .length = mbuf->pkt_len,
                    .ip_checksum = checksum_good ? IpChecksum::kGood : IpChecksum::kUnknown},
                   burst.in->filter, parsed);
  if (verdict.is_forward() && parsed.is_icmp_error()) [[unlikely]] {
    parsed.quoted.icmp_checksum_bad = ones_sum(*mbuf, kIpv4Offset + parsed.ip_header_length,
                                               kIpv4Offset + parsed.total_length) != 0xffff;
  }
  return verdict;
}

// Source and destination of every packet: what the cache does not hold, in one bulk look-up.
void look_up(Burst& burst, Worker& worker) noexcept {
  struct Target {
    bool* known;
    Translation* translation;
  };
  const TranslationCache::Reader cache = worker.cache.reader();
  std::array<Target, 2 * kBurst> targets;
  std::array<TranslationTable::Query, 2 * kBurst> queries;
  std::array<const Translation*, 2 * kBurst> answers;
  std::size_t count = 0;
  const auto find = [&](TranslationTable::Query query, bool& known, Translation& translation) {
    const TranslationCache::Key key = worker.cache.key_of(query);
    const CachedTranslation* entry = cache.find(key, cache.prefetch(key));
    known = entry != nullptr;
    if (known) {
      translation = entry->translation;
    } else {
      queries[count] = query;
      targets[count++] = {&known, &translation};
    }
  };
  burst.slow.for_each([&](std::size_t i) {
    SlowPacket& packet = burst.slow_packets[i];
    find({real_scope(burst.in->realm), packet.parsed.real_key}, packet.found.known.source,
         packet.found.source);
    find({kMappedScope, packet.parsed.mapped_key}, packet.found.known.destination,
         packet.found.destination);
  });
  worker.activity.looked_up.add(count);
  worker.table->look_up(std::span(queries).first(count), std::span(answers).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    if (answers[i] != nullptr) {
      *targets[i].known = true;
      *targets[i].translation = *answers[i];
      worker.cache.remember(queries[i], *answers[i]);
    }
  }
}

/// So that the next packet of a pair takes the fast path, which asks nothing of hairpins: where a
/// port has closed them, they stay here.
void remember_pairs(Burst& burst, Worker& worker) noexcept {
  burst.unknown.for_each([&](std::size_t i) {
    const auto& [head, parsed, found, scratch] = burst.slow_packets[i];
    if (burst.slow.contains(i) && found.known.source && found.known.destination &&
        burst.in->rules.closed_realm != found.destination.realm) {
      const auto& ip = header_at<Ipv4Header>(head.bytes, kIpv4Offset);
      worker.pairs.remember({.from = burst.in->realm,
                             .protocol = ip.protocol,
                             .clamps_mss = worker.dataplane.clamps_mss,
                             .addresses = addresses_of(ip)},
                            found.source, found.destination, *worker.table);
    }
  });
}

/// `parsed` has its transport header, whose options, as all headers, lie in the head.
void clamp_mss(std::span<std::uint8_t> head, const ParsedPacket& parsed, const PortRules& in,
               const PortRules& out) noexcept {
  const auto largest = largest_mss(in, out);
  if (!largest || parsed.protocol != protocol::kTcp || parsed.later_fragment) [[likely]] {
    return;
  }
  const std::size_t begin = kIpv4Offset + parsed.ip_header_length;
  const std::size_t end = std::min(head.size(), kIpv4Offset + parsed.total_length);
  if (const auto segment = head.subspan(begin, end - begin); is_syn(segment)) {
    natto::clamp_mss(segment, *largest);
  }
}

void rewrite(SlowPacket& packet, rte_mbuf& mbuf, const Decision& decision, const PortContext& out,
             Counters& counters) noexcept {
  const std::span<std::uint8_t> head = packet.head.bytes;
  const ParsedPacket& parsed = packet.parsed;
  if (parsed.is_icmp_error()) [[unlikely]] {
    rewrite_quoted(head, parsed, decision.quoted);
  } else if (out.computes_checksums && parsed.total_length <= out.rules.mtu &&
             leave_checksums_to_port(mbuf, head)) {
    rewrite_addresses(head, decision.addresses);
    counters.checksums_offloaded.add(1);
    return;
  }
  natto::rewrite(head, parsed.transport, decision.addresses);
}

Verdict translate(Burst& burst, std::size_t i, Worker& worker) noexcept {
  SlowPacket& packet = burst.slow_packets[i];
  const ParsedPacket& parsed = packet.parsed;
  Found& found = packet.found;
  const PortRules& in = burst.in->rules;
  look_up_rest(parsed, burst.in->realm, in, *worker.table, found);
  const PortContext& out =
      found.known.destination ? worker.dataplane.ports[found.destination.realm] : *burst.in;
  const Policy::Group source =
      found.known.source ? found.source.group : Policy::unmapped(burst.in->realm);
  const Policy::Group destination = found.destination.group;
  Policy::Judgement judgement;
  const auto policy = [&] {
    if (worker.policy.exists()) {
      judgement = worker.policy.judge(source, destination, parsed, packet.head.bytes);
    }
    return judgement.verdict;
  };
  const Decision decision =
      decide(parsed, found, in, out.rules, worker.dataplane.icmp.rules, policy);
  if (decision.quoted_checksum_bad) [[unlikely]] {
    worker.counters.quoted_checksum_bad.add(1);
  }
  if (!decision.verdict.is_forward()) {
    if (!judgement.verdict.is_forward()) {
      return worker.policy.refuse(judgement);
    }
    return decision.verdict;
  }
  if (worker.policy.exists()) {
    if (!worker.policy.keeps_limits(source, destination, parsed.total_length, burst.received_tsc)) {
      return DropReason::kOverLimit;
    }
    worker.policy.count(judgement, source, destination, parsed.total_length);
  }

  rte_mbuf& mbuf = *burst.packets[i];
  clamp_mss(packet.head.bytes, parsed, in, out.rules);
  rewrite(packet, mbuf, decision, out, worker.counters);
  const EthernetAddresses* next_hop =
      (*worker.next_hops)[out.realm].find(decision.addresses.destination);
  rewrite_ethernet(packet.head.bytes, next_hop != nullptr
                                          ? *next_hop
                                          : EthernetAddresses{MacAddress{}, out.filter.mac});
  write_back(packet.head, mbuf);
  const std::uint32_t length = static_cast<std::uint32_t>(kIpv4Offset) + parsed.total_length;
  if (mbuf.pkt_len != length || mbuf.nb_segs > 1) {
    truncate(mbuf, length);
  }
  const CoarseTime now = worker.dataplane.clock.at(burst.received_tsc);
  if (found.known.source) {
    worker.mapping_counters[found.source.mapping].count_from(parsed.total_length, now);
  }
  worker.mapping_counters[found.destination.mapping].count_to(parsed.total_length, now);
  if (next_hop == nullptr) {
    return Verdict::unresolved();
  }
  burst.out[i] = out.realm;
  burst.out_ports = burst.out_ports.with(out.realm);
  if (parsed.total_length > out.rules.mtu) [[unlikely]] {
    burst.oversized.add(i);
  }
  return Verdict::forward();
}

/// Runs `stage` on every packet that is still on the slow path; those that it does not forward
/// leave the burst.
template <typename Stage>
void run(Stage stage, Burst& burst, Worker& worker) noexcept {
  burst.slow.for_each([&](std::size_t i) {
    if (const Verdict verdict = stage(burst, i, worker); !verdict.is_forward()) {
      punt(burst, i, verdict, worker);
      burst.slow.remove(i);
      burst.leaving.remove(i);
    }
  });
}

}  // namespace

void slow_path(Burst& burst, Worker& worker) noexcept {
  if (burst.slow.empty()) {
    return;
  }
  worker.activity.slow_path.add(burst.slow.size());
  run([](auto&&... of) { return parse(of...); }, burst, worker);
  look_up(burst, worker);
  if (worker.asks_pairs(*burst.in)) {
    remember_pairs(burst, worker);
  }
  run([](auto&&... of) { return translate(of...); }, burst, worker);
}

}  // namespace natto
