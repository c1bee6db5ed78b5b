#include "dataplane/pipeline.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <utility>

#include "dataplane/fragment.hpp"
#include "packet/icmp_error.hpp"
#include "packet/rewrite.hpp"

namespace natto {
namespace {

/// One of `workers` equal shares of the ICMP errors that natto may make.
TokenBucket::Limits share(const IcmpConfig& icmp, std::size_t workers) noexcept {
  const auto part = [workers](std::uint32_t whole) {
    return static_cast<std::uint32_t>((whole + workers - 1) / workers);
  };
  return {.rate = part(icmp.errors_per_second), .burst = part(icmp.error_burst)};
}

bool exceeds_mtu(const rte_mbuf& mbuf, const PortContext& out) noexcept {
  return mbuf.pkt_len > kIpv4Offset + out.rules.mtu;
}

}  // namespace

// A packet's way through natto, from the port it came from to the port it leaves by. A burst moves
// through the stages together; a packet that a stage does not forward leaves it there, under one
// drop reason or for the control thread.
std::size_t Pipeline::poll() noexcept {
  table_ = &dataplane_.generation.read();
  next_hops_ = &dataplane_.next_hops.read();
  mapping_counters_ = table_->counters(worker_);
  std::size_t received = 0;
  for (const PortContext& in : dataplane_.ports) {
    receive(in);
    if (burst_size_ == 0) {
      continue;
    }
    received += burst_size_;
    each(in, [&](Packet& packet, HeadScratch& scratch) { return parse(packet, in, scratch); });
    look_up(in);
    each(in, [&](Packet& packet, HeadScratch&) { return translate(packet, in); });
    transmit();
  }
  if (worker_ == 0) {
    send_injected();
  }
  return received;
}

void Pipeline::receive(const PortContext& in) noexcept {
  std::array<rte_mbuf*, kBurst> mbufs;
  burst_size_ = rte_eth_rx_burst(in.device, worker_, mbufs.data(), kBurst);
  for (std::uint16_t i = 0; i < burst_size_; ++i) {
    rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void*));
    burst_[i].mbuf = mbufs[i];
  }
  if (burst_size_ == 0) {
    return;
  }
  burst_tsc_ = rte_rdtsc();
  counters_.received.add(burst_size_);
  counters_.ports[in.realm].received.add(burst_size_);
}

Verdict Pipeline::parse(Packet& packet, const PortContext& in, HeadScratch& scratch) noexcept {
  if (is_shared(*packet.mbuf)) [[unlikely]] {
    rte_mbuf* copy = rte_pktmbuf_copy(packet.mbuf, dataplane_.pool, 0, UINT32_MAX);
    if (copy == nullptr) {
      return DropReason::kMbufUnavailable;
    }
    rte_pktmbuf_free(std::exchange(packet.mbuf, copy));
  }
  packet.head = read_head(*packet.mbuf, scratch);
  const bool checksum_good =
      (packet.mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  const Verdict verdict =
      natto::parse({.head = packet.head.bytes,
                    .length = packet.mbuf->pkt_len,
                    .ip_checksum = checksum_good ? IpChecksum::kGood : IpChecksum::kUnknown},
                   in.filter, packet.parsed);
  if (verdict.is_forward() && packet.parsed.is_icmp_error()) [[unlikely]] {
    return check_icmp_error(packet, in);
  }
  return verdict;
}

// Source and destination of every packet: from what this worker remembers of their flows, and of
// all other packets of the burst in one bulk look-up.
void Pipeline::look_up(const PortContext& in) noexcept {
  std::array<std::uint32_t, kBurst> hashes;
  const auto key_of = [&in](const Packet& packet) {
    return FlowCache::Key{.real_raw = packet.parsed.real_key.bits.raw(),
                          .mapped_raw = packet.parsed.mapped_key.bits.raw(),
                          .realm = in.realm};
  };
  flow_cache_.use(table_->serial());
  for (std::size_t i = 0; i < burst_size_; ++i) {
    hashes[i] = FlowCache::hash(key_of(burst_[i]));
    flow_cache_.prefetch(hashes[i]);
  }
  std::array<std::uint8_t, kBurst> missed;
  std::size_t misses = 0;
  for (std::size_t i = 0; i < burst_size_; ++i) {
    const FlowCache::Answer answer = flow_cache_.find(key_of(burst_[i]), hashes[i]);
    burst_[i].source = answer.source;
    burst_[i].destination = answer.destination;
    if (answer.source == nullptr) {
      missed[misses++] = static_cast<std::uint8_t>(i);
    }
  }
  if (misses == 0) {
    return;
  }
  std::array<Generation::Query, 2 * kBurst> queries;
  std::array<const Translation*, 2 * kBurst> answers;
  for (std::size_t i = 0; i < misses; ++i) {
    const ParsedPacket& parsed = burst_[missed[i]].parsed;
    queries[2 * i] = {Generation::real_scope(in.realm), parsed.real_key};
    queries[2 * i + 1] = {Generation::kMappedScope, parsed.mapped_key};
  }
  table_->look_up(std::span(queries).first(2 * misses), std::span(answers).first(2 * misses));
  for (std::size_t i = 0; i < misses; ++i) {
    Packet& packet = burst_[missed[i]];
    packet.source = answers[2 * i];
    packet.destination = answers[2 * i + 1];
    if (packet.source != nullptr && packet.destination != nullptr) {
      flow_cache_.remember(key_of(packet), hashes[missed[i]], {packet.source, packet.destination});
    }
  }
}

Verdict Pipeline::translate(Packet& packet, const PortContext& in) noexcept {
  const ParsedPacket& parsed = packet.parsed;
  const Known known{.source = packet.source != nullptr,
                    .destination = packet.destination != nullptr};
  const auto is_mapped_address = [this](Ipv4Address address) {
    return table_->look_up({Generation::kMappedScope, address}) != nullptr;
  };
  if (const Verdict verdict = admit(parsed, in.rules, known, is_mapped_address);
      !verdict.is_forward()) {
    return verdict;
  }
  const PortContext& out = dataplane_.ports[packet.destination->realm];
  const Replacement host = packet.source != nullptr ? packet.source->apply(parsed.real_key)
                                                    : Replacement{parsed.real_key, ChecksumDelta{}};
  const Replacement peer = packet.destination->apply(parsed.mapped_key);
  if (const Verdict verdict = may_leave(parsed, peer.address, out.rules); !verdict.is_forward()) {
    return verdict;
  }

  if (!parsed.is_icmp_error()) [[likely]] {
    rewrite(packet.head.bytes, parsed, host, peer);
  } else if (const auto from = reporter(packet, in, out, host)) {
    rewrite_quoted(packet.head.bytes, parsed, peer, host);
    rewrite(packet.head.bytes, parsed, *from, peer);
  } else {
    return DropReason::kIcmpErrorSourceNotMapped;
  }
  const MacAddress* next_hop = (*next_hops_)[out.realm].find(peer.address);
  rewrite_ethernet(packet.head.bytes, out.filter.mac,
                   next_hop != nullptr ? *next_hop : MacAddress{});
  write_back(packet.head, *packet.mbuf);
  const std::uint32_t length = static_cast<std::uint32_t>(kIpv4Offset) + parsed.total_length;
  if (packet.mbuf->pkt_len != length || packet.mbuf->nb_segs > 1) {
    truncate(*packet.mbuf, length);
  }
  count(packet);
  return next_hop != nullptr ? Verdict::forward() : Verdict::unresolved();
}

void Pipeline::transmit() noexcept {
  for (std::uint16_t i = 0; i < burst_size_; ++i) {
    const PortContext& out = dataplane_.ports[burst_[i].destination->realm];
    if (exceeds_mtu(*burst_[i].mbuf, out)) [[unlikely]] {
      flush(out);
      send_fragments(out, burst_[i].mbuf);
      continue;
    }
    TxQueue& queue = tx_[out.realm];
    queue.packets[queue.count++] = burst_[i].mbuf;
  }
  for (const PortContext& out : dataplane_.ports) {
    flush(out);
  }
}

void Pipeline::flush(const PortContext& out) noexcept {
  TxQueue& queue = tx_[out.realm];
  if (queue.count == 0) {
    return;
  }
  const std::uint16_t sent =
      rte_eth_tx_burst(out.device, worker_, queue.packets.data(), queue.count);
  counters_.translated.add(sent);
  counters_.ports[out.realm].transmitted.add(sent);
  for (std::uint16_t i = sent; i < queue.count; ++i) {
    drop(queue.packets[i], DropReason::kTxRingFull);
  }
  queue.count = 0;
}

void Pipeline::count(const Packet& packet) noexcept {
  const std::uint16_t bytes = packet.parsed.total_length;
  if (packet.source != nullptr) {
    mapping_counters_[packet.source->mapping].from.count(bytes, burst_tsc_);
  }
  mapping_counters_[packet.destination->mapping].to.count(bytes, burst_tsc_);
}

// Off the main way.

Pipeline::Pipeline(Dataplane& dataplane, std::uint16_t worker)
    : dataplane_(dataplane),
      counters_(dataplane.counters[worker]),
      flow_cache_(dataplane.flow_caches[worker]),
      errors_(share(dataplane.icmp, dataplane.counters.size() - 1), rte_get_tsc_hz()),
      worker_(worker),
      tx_(dataplane.ports.size()) {}

// An ICMP error's own checksum covers all of it, so that no damage is taken for a quoted address
// (R26). What it quotes may have been damaged before it was quoted (R27). Its sender may be a
// router that no mapping knows, so its address is looked at here (R21).
Verdict Pipeline::check_icmp_error(const Packet& packet, const PortContext& in) noexcept {
  const ParsedPacket& parsed = packet.parsed;
  if (is_invalid_source(parsed.source, in.rules.address)) {
    return DropReason::kSourceMartian;
  }
  if (parsed.source == in.rules.address.address) {
    return DropReason::kSourceIsOwnAddress;
  }
  if (ones_sum(*packet.mbuf, kIpv4Offset + parsed.ip_header_length,
               kIpv4Offset + parsed.total_length) != 0xffff) {
    return DropReason::kIcmpChecksumBad;
  }
  if (parsed.quoted.checksum_bad) {
    counters_.quoted_checksum_bad.add(1);
    if (dataplane_.icmp.inner_checksum_bad == InnerChecksumBad::kDrop) {
      return DropReason::kIcmpInnerChecksumBad;
    }
  }
  return Verdict::forward();
}

// What the source of an ICMP error becomes (R32): a host's mapped address, or for a router without
// a mapping what the config says. None: the error must not pass.
std::optional<Replacement> Pipeline::reporter(const Packet& packet, const PortContext& in,
                                              const PortContext& out,
                                              const Replacement& quoted_host) const noexcept {
  const Ipv4Address source = packet.parsed.source;
  if (const Translation* mapped = table_->look_up({Generation::real_scope(in.realm), source})) {
    return mapped->apply(source);
  }
  const auto become = [source](Ipv4Address address) {
    return Replacement{address, checksum_delta(source.bits, address.bits)};
  };
  switch (dataplane_.icmp.outer_source) {
    case OuterSource::kOwn:
      return become(out.rules.address.address);
    case OuterSource::kMappedDestination:
      return become(quoted_host.address);
    case OuterSource::kDrop:
      break;
  }
  return std::nullopt;
}

// R16. A packet counts as translated if all its fragments were sent.
void Pipeline::send_fragments(const PortContext& out, rte_mbuf* mbuf) noexcept {
  std::array<rte_mbuf*, kMaxFragments> fragments;
  const std::size_t count = fragment(mbuf, out.rules.mtu, dataplane_.pool, fragments);
  if (count == 0) {
    drop(mbuf, DropReason::kFragmentationFailed);
    return;
  }
  const std::uint16_t sent =
      rte_eth_tx_burst(out.device, worker_, fragments.data(), static_cast<std::uint16_t>(count));
  counters_.ports[out.realm].transmitted.add(sent);
  counters_.fragments.add(sent);
  if (sent == count) {
    counters_.fragmented.add(1);
    counters_.translated.add(1);
  } else {
    counters_.drop(DropReason::kTxRingFull);
    rte_pktmbuf_free_bulk(&fragments[sent], static_cast<unsigned>(count - sent));
  }
}

// What control wants sent: it owns no transmit queue.
void Pipeline::send_injected() noexcept {
  for (const PortContext& out : dataplane_.ports) {
    rte_ring* ring = dataplane_.rings.to_worker[out.realm].get();
    void* entry = nullptr;
    for (std::uint16_t i = 0; i < kBurst && rte_ring_dequeue(ring, &entry) == 0; ++i) {
      auto* mbuf = static_cast<rte_mbuf*>(entry);
      const bool forwarded = static_cast<Origin>(mbuf->hash.usr) == Origin::kForwarded;
      if (forwarded && exceeds_mtu(*mbuf, out)) {
        send_fragments(out, mbuf);
      } else if (rte_eth_tx_burst(out.device, worker_, &mbuf, 1) == 1) {
        (forwarded ? counters_.translated : counters_.generated).add(1);
        counters_.ports[out.realm].transmitted.add(1);
      } else if (forwarded) {
        drop(mbuf, DropReason::kTxRingFull);
      } else {
        rte_pktmbuf_free(mbuf);
      }
    }
  }
}

template <typename Stage>
void Pipeline::each(const PortContext& in, Stage stage) noexcept {
  std::uint16_t kept = 0;
  for (std::uint16_t i = 0; i < burst_size_; ++i) {
    Packet& packet = burst_[i];
    const Verdict verdict = stage(packet, scratch_[i]);
    if (!verdict.is_forward()) {
      stop(packet, in, verdict);
      continue;
    }
    if (kept != i) {
      burst_[kept] = packet;
    }
    ++kept;
  }
  burst_size_ = kept;
}

void Pipeline::stop(const Packet& packet, const PortContext& in, Verdict verdict) noexcept {
  if (verdict.is_drop()) {
    drop_and_tell(packet, in, verdict.reason());
    return;
  }
  const bool unresolved = verdict == Verdict::unresolved();
  rte_ring* ring = (unresolved ? dataplane_.rings.unresolved : dataplane_.rings.to_control).get();
  packet.mbuf->port = unresolved ? packet.destination->realm : in.realm;
  if (rte_ring_enqueue(ring, packet.mbuf) != 0) {
    drop(packet.mbuf, unresolved ? DropReason::kNextHopUnresolved : DropReason::kControlQueueFull);
  }
}

// Control makes the ICMP error, from the packet as it came in: nothing is changed before a stage
// drops it. A worker spends at most a ring entry on it, and that only as often as is allowed (R19).
void Pipeline::drop_and_tell(const Packet& packet, const PortContext& in,
                             DropReason reason) noexcept {
  if (!icmp_error_for(reason) || !may_be_answered(packet.parsed) || !errors_.take(rte_rdtsc())) {
    drop(packet.mbuf, reason);
    return;
  }
  const bool too_big = reason == DropReason::kExceedsMtu;
  AnswerTag{reason,
            too_big ? dataplane_.ports[packet.destination->realm].rules.mtu : std::uint16_t{0}}
      .put(*packet.mbuf);
  packet.mbuf->port = in.realm;
  counters_.drop(reason);
  if (rte_ring_enqueue(dataplane_.rings.to_answer.get(), packet.mbuf) != 0) {
    rte_pktmbuf_free(packet.mbuf);
  }
}

void Pipeline::drop(rte_mbuf* mbuf, DropReason reason) noexcept {
  counters_.drop(reason);
  rte_pktmbuf_free(mbuf);
}

}  // namespace natto
