#include "dataplane/pipeline.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "dataplane/checksum_offload.hpp"
#include "dataplane/fragment.hpp"
#include "dataplane/spread.hpp"
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
// through the stages together. Plain packets between addresses that this worker remembers, nearly
// all there are, take the short way; the others take the long way, which takes them all and is the
// same for them. A packet that a stage does not forward stops there, under one drop reason or for
// the control thread.
std::size_t Pipeline::poll() noexcept {
  in_use_ = dataplane_.ports_in_use.load(std::memory_order_acquire);
  table_ = &dataplane_.generation.read();
  next_hops_ = &dataplane_.next_hops.read();
  mapping_counters_ = table_->counters(worker_);
  cache_.use(*table_, worker_);
  std::size_t received = 0;
  for (const PortContext& in : dataplane_.ports) {
    if (in.spread_queue_0 && worker_ != 0) {
      received += receive_handed(in);
      forward(in);
    }
    if (in_use_.contains(in.realm)) [[likely]] {
      received += receive(in);
      forward(in);
    }
  }
  if (worker_ == 0) {
    send_injected();
  }
  if (received == 0) {
    settle_some(/*idle=*/true);
  }
  return received;
}

void Pipeline::forward(const PortContext& in) noexcept {
  if (burst_size_ == 0) {
    return;
  }
  translate_plain(in);
  if (long_way_ != 0) {
    each(in, [&](std::size_t i) { return parse(i, in); });
    look_up(in);
    each(in, [&](std::size_t i) { return translate(i, in); });
  }
  transmit();
  settle_some(/*idle=*/false);
}

std::size_t Pipeline::receive(const PortContext& in) noexcept {
  burst_size_ = rte_eth_rx_burst(in.device, worker_, burst_.data(), kBurst);
  if (burst_size_ == 0) {
    return 0;
  }
  prefetch_burst();
  burst_tsc_ = rte_rdtsc();
  counters_.received.add(burst_size_);
  counters_.ports[in.realm].received.add(burst_size_);
  const std::size_t received = burst_size_;
  if (in.spread_queue_0 && worker_ == 0) {
    hand_out(in);
  }
  return received;
}

// The packets' bytes, which the device or another core wrote.
void Pipeline::prefetch_burst() const noexcept {
  for (std::uint16_t i = 0; i < burst_size_; ++i) {
    rte_prefetch0(rte_pktmbuf_mtod(burst_[i], void*));
  }
}

// The short way: all that the long way would ask of a plain packet, of which most is in its shape.
void Pipeline::translate_plain(const PortContext& in) noexcept {
  // Local, since stores to packets might change any member as far as the compiler knows.
  const std::span<rte_mbuf*> burst(burst_.data(), burst_size_);
  const PlainShape shape(in.filter);
  const TranslationCache::Reader cache = cache_.reader();
  const TranslationCache::Tag real = cache_.tag(Generation::real_scope(in.realm));
  const TranslationCache::Tag mapped = cache_.tag(Generation::kMappedScope);
  const NextHops* const next_hops = next_hops_->data();
  const PortContext* const ports = dataplane_.ports.data();
  const Ipv4Address broadcast = in.directed_broadcast;

  struct Plain {
    std::uint8_t* frame;
    TranslationCache::Entry* source;
    TranslationCache::Entry* destination;
    std::uint16_t length;  ///< of the IPv4 packet; 0: it is not plain
  };
  std::array<Plain, kBurst> packets;

  for (std::size_t i = 0; i < burst.size(); ++i) {
    rte_mbuf& mbuf = *burst[i];
    Plain& packet = packets[i];
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
  PacketSet left = 0;
  PortSet ways;
  std::uint64_t offloaded = 0;
  for (std::size_t i = 0; i < burst.size(); ++i) {
    const auto leave = [&] { left |= PacketSet{1} << i; };
    const std::uint16_t length = packets[i].length;
    if (length == 0) [[unlikely]] {
      leave();
      continue;
    }
    const std::span<std::uint8_t> frame(packets[i].frame, kIpv4Offset + length);
    const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
    TranslationCache::Entry* const source = cache.find(real, ip.source, packets[i].source);
    TranslationCache::Entry* const destination =
        cache.find(mapped, ip.destination, packets[i].destination);
    if (source == nullptr || destination == nullptr) [[unlikely]] {
      leave();
      continue;
    }
    const NewAddresses addresses = NewAddresses::of(source->translation.apply(ip.source),
                                                    destination->translation.apply(ip.destination));
    const RealmId realm = destination->translation.realm;
    const PortContext& out = ports[realm];
    const EthernetAddresses* next_hop = next_hops[realm].find(addresses.destination);
    if (next_hop == nullptr || length > out.rules.mtu || ip.source == ip.destination ||
        ip.destination == broadcast || addresses.destination == out.directed_broadcast)
        [[unlikely]] {
      leave();
      continue;
    }
    source->count(length);
    destination->count(length);
    if (out.computes_checksums && leave_checksums_to_port(*burst[i], frame)) {
      rewrite_addresses(frame, addresses);
      ++offloaded;
    } else {
      rewrite(frame, plain_transport(frame), addresses);
    }
    rewrite_ethernet(frame, *next_hop);
    out_[i] = &out;
    ways = ways.with(realm);
  }
  if (offloaded != 0) {
    counters_.checksums_offloaded.add(offloaded);
  }
  leaving_ = whole_burst();
  if (left != leaving_) {
    cache_.counted(dataplane_.clock.at(burst_tsc_));
  }
  long_way_ = left;
  oversized_ = 0;
  ways_out_ = ways;
}

Verdict Pipeline::parse(std::size_t i, const PortContext& in) noexcept {
  Packet& packet = packets_[i];
  packet.mbuf = burst_[i];
  if (!is_one_own_buffer(*packet.mbuf) && is_shared(*packet.mbuf)) [[unlikely]] {
    rte_mbuf* copy = rte_pktmbuf_copy(packet.mbuf, dataplane_.pools[worker_], 0, UINT32_MAX);
    if (copy == nullptr) {
      return DropReason::kMbufUnavailable;
    }
    rte_pktmbuf_free(std::exchange(packet.mbuf, copy));
    burst_[i] = copy;
  }
  packet.head = read_head(*packet.mbuf, scratch_[i]);
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

// Source and destination of every packet: what this worker does not remember in one bulk look-up.
void Pipeline::look_up(const PortContext& in) noexcept {
  struct Asked {
    bool* known;
    Translation* translation;
  };
  const TranslationCache::Reader cache = cache_.reader();
  std::array<Asked, 2 * kBurst> asked;
  std::array<Generation::Query, 2 * kBurst> queries;
  std::array<const Translation*, 2 * kBurst> answers;
  std::size_t count = 0;
  const auto ask = [&](Generation::Query query, bool& known, Translation& translation) {
    const TranslationCache::Tag tag = cache_.tag(query.scope);
    const TranslationCache::Entry* entry =
        cache.find(tag, query.address, cache.prefetch(tag, query.address));
    known = entry != nullptr;
    if (known) {
      translation = entry->translation;
    } else {
      queries[count] = query;
      asked[count++] = {&known, &translation};
    }
  };
  for (PacketSet left = long_way_; left != 0; left &= left - 1) {
    Packet& packet = packets_[first_of(left)];
    ask({Generation::real_scope(in.realm), packet.parsed.real_key}, packet.known.source,
        packet.source);
    ask({Generation::kMappedScope, packet.parsed.mapped_key}, packet.known.destination,
        packet.destination);
  }
  table_->look_up(std::span(queries).first(count), std::span(answers).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    if (answers[i] != nullptr) {
      *asked[i].known = true;
      *asked[i].translation = *answers[i];
      cache_.remember(queries[i], *answers[i]);
    }
  }
}

Verdict Pipeline::translate(std::size_t i, const PortContext& in) noexcept {
  Packet& packet = packets_[i];
  const ParsedPacket& parsed = packet.parsed;
  const auto is_mapped_address = [this](Ipv4Address address) {
    return table_->look_up({Generation::kMappedScope, address}) != nullptr;
  };
  if (const Verdict verdict = admit(parsed, in.rules, packet.known, is_mapped_address);
      !verdict.is_forward()) {
    return verdict;
  }
  const PortContext& out = dataplane_.ports[packet.destination.realm];
  const Replacement host = packet.known.source ? packet.source.apply(parsed.real_key)
                                               : Replacement{parsed.real_key, ChecksumDelta{}};
  const Replacement peer = packet.destination.apply(parsed.mapped_key);
  if (const Verdict verdict = may_leave(parsed, peer.address, out.rules); !verdict.is_forward()) {
    return verdict;
  }

  if (!parsed.is_icmp_error()) [[likely]] {
    const NewAddresses addresses = NewAddresses::of(host, peer);
    if (out.computes_checksums && parsed.total_length <= out.rules.mtu &&
        leave_checksums_to_port(*packet.mbuf, packet.head.bytes)) {
      rewrite_addresses(packet.head.bytes, addresses);
      counters_.checksums_offloaded.add(1);
    } else {
      rewrite(packet.head.bytes, parsed.transport, addresses);
    }
  } else if (const auto from = reporter(packet, in, out, host)) {
    rewrite_quoted(packet.head.bytes, parsed, NewAddresses::of(peer, host));
    rewrite(packet.head.bytes, parsed.transport, NewAddresses::of(*from, peer));
  } else {
    return DropReason::kIcmpErrorSourceNotMapped;
  }
  const EthernetAddresses* next_hop = (*next_hops_)[out.realm].find(peer.address);
  rewrite_ethernet(packet.head.bytes, next_hop != nullptr
                                          ? *next_hop
                                          : EthernetAddresses{MacAddress{}, out.filter.mac});
  write_back(packet.head, *packet.mbuf);
  const std::uint32_t length = static_cast<std::uint32_t>(kIpv4Offset) + parsed.total_length;
  if (packet.mbuf->pkt_len != length || packet.mbuf->nb_segs > 1) {
    truncate(*packet.mbuf, length);
  }
  const CoarseTime now = dataplane_.clock.at(burst_tsc_);
  if (packet.known.source) {
    mapping_counters_[packet.source.mapping].count_from(parsed.total_length, now);
  }
  mapping_counters_[packet.destination.mapping].count_to(parsed.total_length, now);
  if (next_hop == nullptr) {
    return Verdict::unresolved();
  }
  out_[i] = &out;
  ways_out_ = ways_out_.with(out.realm);
  if (parsed.total_length > out.rules.mtu) [[unlikely]] {
    oversized_ |= PacketSet{1} << i;
  }
  return Verdict::forward();
}

void Pipeline::transmit() noexcept {
  if (const auto realm = ways_out_.only(); realm && oversized_ == 0) [[likely]] {
    send(dataplane_.ports[*realm], std::span(burst_).first(close_gaps()));
    return;
  }
  for (PacketSet left = leaving_; left != 0; left &= left - 1) {
    const std::size_t i = first_of(left);
    const PortContext& out = *out_[i];
    if ((oversized_ & PacketSet{1} << i) != 0) [[unlikely]] {
      flush(out);
      send_fragments(out, burst_[i]);
      continue;
    }
    TxQueue& queue = tx_[out.realm];
    queue.packets[queue.count++] = burst_[i];
  }
  for (const PortContext& out : dataplane_.ports) {
    flush(out);
  }
}

// Moves the packets that leave to the front of the burst. Returns how many there are.
std::uint16_t Pipeline::close_gaps() noexcept {
  if (leaving_ == whole_burst()) [[likely]] {
    return burst_size_;
  }
  std::uint16_t count = 0;
  for (std::uint16_t i = 0; i < burst_size_; ++i) {
    burst_[count] = burst_[i];
    count = static_cast<std::uint16_t>(count + (leaving_ >> i & 1U));
  }
  return count;
}

// How many of `packets`, from the first on, the port takes: none while it is out of use.
std::uint16_t Pipeline::put(const PortContext& out, std::span<rte_mbuf*> packets) noexcept {
  return in_use_.contains(out.realm) ? rte_eth_tx_burst(out.device, worker_, packets.data(),
                                                        static_cast<std::uint16_t>(packets.size()))
                                     : std::uint16_t{0};
}

DropReason Pipeline::not_taken(const PortContext& out) const noexcept {
  return in_use_.contains(out.realm) ? DropReason::kTxRingFull : DropReason::kPortDown;
}

void Pipeline::send(const PortContext& out, std::span<rte_mbuf*> packets) noexcept {
  if (out.computes_checksums && in_use_.contains(out.realm)) {
    packets = prepare(out, packets);
  }
  const std::uint16_t sent = put(out, packets);
  counters_.translated.add(sent);
  counters_.ports[out.realm].transmitted.add(sent);
  for (rte_mbuf* mbuf : packets.subspan(sent)) {
    drop(mbuf, not_taken(out));
  }
}

void Pipeline::flush(const PortContext& out) noexcept {
  TxQueue& queue = tx_[out.realm];
  if (queue.count != 0) {
    send(out, std::span(queue.packets).first(queue.count));
    queue.count = 0;
  }
}

// Off the main way.

// What the short way counted goes to the mappings' counters bit by bit, so that no poll takes long.
void Pipeline::settle_some(bool idle) noexcept {
  cache_.settle_some(idle);
  const std::uint64_t oldest = cache_.oldest_serial();
  if (activity_.oldest_generation.load(std::memory_order_relaxed) != oldest) {
    activity_.oldest_generation.store(oldest, std::memory_order_release);
  }
}

void Pipeline::settle() noexcept {
  cache_.settle_all();
  activity_.oldest_generation.store(0, std::memory_order_release);
}

// Makes packets whose checksums the port computes what its driver wants them to be. Returns those
// that it does not refuse.
std::span<rte_mbuf*> Pipeline::prepare(const PortContext& out,
                                       std::span<rte_mbuf*> packets) noexcept {
  std::size_t ready = 0;
  while (true) {
    const std::span<rte_mbuf*> rest = packets.subspan(ready);
    ready += rte_eth_tx_prepare(out.device, worker_, rest.data(),
                                static_cast<std::uint16_t>(rest.size()));
    if (ready == packets.size()) {
      return packets;
    }
    drop(packets[ready], DropReason::kTxPrepareRefused);
    std::ranges::copy(packets.subspan(ready + 1), packets.begin() + static_cast<long>(ready));
    packets = packets.first(packets.size() - 1);
  }
}

// Worker 0: keeps its share of what only queue 0 receives, and gives the others theirs.
void Pipeline::hand_out(const PortContext& in) noexcept {
  const std::span<rte_mbuf*> burst = std::span(burst_).first(burst_size_);
  burst_size_ = 0;
  for (rte_mbuf* mbuf : burst) {
    const std::span head(rte_pktmbuf_mtod(mbuf, const std::uint8_t*), mbuf->data_len);
    const std::size_t worker = worker_for(head, dataplane_.rings.handed.size());
    if (worker == 0) {
      burst_[burst_size_++] = mbuf;
    } else if (rte_ring_enqueue(dataplane_.rings.handed[worker][in.realm].get(), mbuf) != 0) {
      drop(mbuf, DropReason::kWorkerQueueFull);
    }
  }
}

// The other workers: what worker 0 received, and counted, for this one.
std::size_t Pipeline::receive_handed(const PortContext& in) noexcept {
  rte_ring* ring = dataplane_.rings.handed[worker_][in.realm].get();
  burst_size_ = static_cast<std::uint16_t>(
      rte_ring_dequeue_burst(ring, reinterpret_cast<void**>(burst_.data()), kBurst, nullptr));
  prefetch_burst();
  burst_tsc_ = rte_rdtsc();
  return burst_size_;
}

Pipeline::Pipeline(Dataplane& dataplane, std::uint16_t worker)
    : dataplane_(dataplane),
      counters_(dataplane.counters[worker]),
      activity_(dataplane.activity[worker]),
      cache_(dataplane.translation_caches[worker]),
      errors_(share(dataplane.icmp, dataplane.counters.size() - 1), rte_get_tsc_hz()),
      worker_(worker),
      tx_(dataplane.ports.size()) {}

// An ICMP error's own checksum covers all of it, so that no damage is taken for a quoted address
// (R26). What it quotes may have been damaged before it was quoted (R27). Its sender may be a
// router that no mapping knows, so its address is looked at here (R21).
Verdict Pipeline::check_icmp_error(const Packet& packet, const PortContext& in) noexcept {
  const ParsedPacket& parsed = packet.parsed;
  if (has_invalid_source(parsed, in.rules)) {
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
  const std::size_t count = fragment(mbuf, out.rules.mtu, dataplane_.pools[worker_], fragments);
  if (count == 0) {
    drop(mbuf, DropReason::kFragmentationFailed);
    return;
  }
  const std::uint16_t sent = put(out, std::span(fragments).first(count));
  counters_.ports[out.realm].transmitted.add(sent);
  counters_.fragments.add(sent);
  if (sent == count) {
    counters_.fragmented.add(1);
    counters_.translated.add(1);
  } else {
    counters_.drop(not_taken(out));
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
      } else if (forwarded) {
        send(out, {&mbuf, 1});
      } else if (put(out, {&mbuf, 1}) == 1) {
        counters_.generated.add(1);
        counters_.ports[out.realm].transmitted.add(1);
      } else {
        rte_pktmbuf_free(mbuf);
      }
    }
  }
}

template <typename Stage>
void Pipeline::each(const PortContext& in, Stage stage) noexcept {
  for (PacketSet left = long_way_; left != 0; left &= left - 1) {
    const std::size_t i = first_of(left);
    if (const Verdict verdict = stage(i); !verdict.is_forward()) {
      stop(packets_[i], in, verdict);
      long_way_ &= ~(PacketSet{1} << i);
      leaving_ &= ~(PacketSet{1} << i);
    }
  }
}

void Pipeline::stop(const Packet& packet, const PortContext& in, Verdict verdict) noexcept {
  if (verdict.is_drop()) {
    drop_and_tell(packet, in, verdict.reason());
    return;
  }
  const bool unresolved = verdict == Verdict::unresolved();
  const Rings& rings = dataplane_.rings;
  const Ring& ring = unresolved                  ? rings.unresolved
                     : verdict == Verdict::arp() ? rings.arp
                                                 : rings.own_address;
  packet.mbuf->port = unresolved ? packet.destination.realm : in.realm;
  if (rte_ring_enqueue(ring.get(), packet.mbuf) != 0) {
    drop(packet.mbuf, unresolved ? DropReason::kNextHopUnresolved : DropReason::kControlQueueFull);
  }
}

// Control makes the ICMP error, from the packet as it came in: nothing is changed before a stage
// drops it. A worker spends at most a ring entry on it, and that only as often as is allowed (R19).
void Pipeline::drop_and_tell(const Packet& packet, const PortContext& in,
                             DropReason reason) noexcept {
  if (!icmp_error_for(reason) || !may_be_answered(packet.parsed) || !errors_.take(burst_tsc_)) {
    drop(packet.mbuf, reason);
    return;
  }
  const bool too_big = reason == DropReason::kExceedsMtu;
  AnswerTag{reason,
            too_big ? dataplane_.ports[packet.destination.realm].rules.mtu : std::uint16_t{0}}
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
