#include "dataplane/tap.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "packet/wire.hpp"

namespace natto {
namespace {

/// Longer packets than natto takes.
constexpr std::size_t kMostBytes = 16'384;

template <std::size_t count>
void copy_bytes(std::uint8_t* to, const std::uint8_t* from) noexcept {
  std::memcpy(to, from, count);
}

/// Whether natto changes nothing behind the first kQuickBytes of a frame that begins so: no IPv4
/// options before the transport checksum, no quoted packet, no MSS.
bool changes_are_quick(const std::uint8_t* frame) noexcept {
  constexpr std::size_t kProtocolAt = kIpv4Offset + offsetof(Ipv4Header, protocol);
  constexpr std::size_t kFlagsAt = kIpv4Offset + sizeof(Ipv4Header) + offsetof(TcpHeader, flags);
  const std::uint8_t protocol = frame[kProtocolAt];
  return is_quick(frame) && protocol != protocol::kIcmp &&
         (protocol != protocol::kTcp || (frame[kFlagsAt] & TcpHeader::kSyn) == 0);
}

bool is_in_buffer(const rte_mbuf& packet, std::size_t bytes) noexcept {
  return packet.nb_segs == 1 && packet.data_off + bytes <= packet.buf_len;
}

/// `count` bytes from `offset` on, which the packet has.
void copy_from(const rte_mbuf& packet, std::size_t offset, std::size_t count,
               std::uint8_t* to) noexcept {
  if (is_in_buffer(packet, offset + count)) {  // also what was cut off as padding
    std::memcpy(to, rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, offset), count);
    return;
  }
  const void* bytes = rte_pktmbuf_read(&packet, static_cast<std::uint32_t>(offset),
                                       static_cast<std::uint32_t>(count), to);
  if (bytes != nullptr && bytes != to) {
    std::memcpy(to, bytes, count);
  }
}

/// Makes `piece` a buffer of one packet, or a later one.
void set_piece(rte_mbuf& piece, const std::uint8_t* bytes, std::size_t count) noexcept {
  piece.buf_addr = const_cast<std::uint8_t*>(bytes);
  piece.data_off = 0;
  piece.data_len = static_cast<std::uint16_t>(count);
}

}  // namespace

Tap::Tap(const CaptureOrder& order, std::size_t ring_bytes)
    : order_(order),
      ring_(ring_bytes),
      budget_(order.per_second, rte_get_tsc_hz()),
      joined_(kMostBytes) {}

void Tap::arrive(const Burst& burst, std::uint64_t version) noexcept {
  size_ = burst.size;
  in_ = burst.in->realm;
  tsc_ = burst.received_tsc;
  version_ = version;
  written_ = {};
  kept_.fill(kQuickBytes);
  for (std::size_t i = 0; i < size_; ++i) {
    const rte_mbuf& packet = *burst.packets[i];
    const auto* frame = rte_pktmbuf_mtod(&packet, const std::uint8_t*);
    frames_[i] = frame;
    lengths_[i] = packet.pkt_len;
    if (packet.data_len < kQuickBytes) [[unlikely]] {
      keep_more(packet, i);
      continue;
    }
    // 60 bytes in two registers of 32.
    std::uint8_t* const head = heads_[i].data();
    copy_bytes<32>(head, frame);
    copy_bytes<32>(head + kQuickBytes - 32, frame + kQuickBytes - 32);
    if (packet.pkt_len != kQuickBytes && !changes_are_quick(frame)) [[unlikely]] {
      keep_more(packet, i);
    }
  }
}

// Not inline: few packets need it, and all would save its registers.
__rte_noinline void Tap::keep_more(const rte_mbuf& packet, std::size_t i) noexcept {
  kept_[i] = static_cast<std::uint16_t>(std::min<std::size_t>(packet.pkt_len, kHeadBytes));
  copy_from(packet, 0, kept_[i], heads_[i].data());
}

void Tap::leave(const Burst& burst) noexcept {
  burst.slow.for_each([&](std::size_t i) {  // its buffers may be others now
    frames_[i] = rte_pktmbuf_mtod(burst.packets[i], const std::uint8_t*);
  });
  if (order_.drops_only) {
    return;
  }
  perhaps(chosen(burst), burst.slow).for_each([&](std::size_t i) {
    const rte_mbuf& packet = *burst.packets[i];
    const Arrived in = arrived(i, packet);
    if (matches(in) || matches(packet)) {
      CopiedPacket copied;
      copied.tsc = tsc_;
      copied.out.realm = burst.out[i];
      if (std::byte* const record = write(in, &packet, copied)) {
        records_[i] = record;
        written_.add(i);
      }
    }
  });
}

/// Of the packets that leave, those which the choices beside the filter choose.
PacketSet Tap::chosen(const Burst& burst) const noexcept {
  if (!order_.realm && !order_.one) {
    return burst.leaving;
  }
  PacketSet chosen;
  burst.leaving.for_each([&](std::size_t i) {
    const auto* frame = heads_[i].data();
    const bool is_ipv4 = frame[12] == 0x08 && frame[13] == 0x00;
    if (order_.wants(in_, burst.out[i]) &&
        (!order_.one || (is_ipv4 && is_of_hosts(frame, /*as_it_came=*/true, in_)))) {
      chosen.add(i);
    }
  });
  return chosen;
}

/// Those of `among` which the filter may match, before or after translation. The conditions say
/// nothing of those of `slow`; the fast path takes what is_quick.
PacketSet Tap::perhaps(PacketSet among, PacketSet slow) const noexcept {
  const NecessaryConditions& conditions = order_.conditions;
  for (const std::vector<FieldTest>& tests : conditions.all_of) {
    if (among.empty()) {
      break;
    }
    PacketSet left = among.both(slow);
    for (std::size_t first = 0; first < tests.size(); first += 2) {
      const FieldTest& one = tests[first];
      const FieldTest& other = tests[std::min(first + 1, tests.size() - 1)];
      left = left.with(conditions.sees_translation ? with_either<true>(one, other)
                                                   : with_either<false>(one, other));
    }
    among = among.both(left);
  }
  return among;
}

/// The packets of the burst of which one of two tests holds, before or after translation.
template <bool and_after>
PacketSet Tap::with_either(FieldTest one, FieldTest other) const noexcept {
  PacketSet hits;
  const std::size_t size = size_;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint8_t* const before = heads_[i].data();
    const std::uint8_t* const after = frames_[i];
    if (one.holds(before) || other.holds(before) ||
        (and_after && (one.holds(after) || other.holds(after)))) [[unlikely]] {
      hits.add(i);
    }
  }
  return hits;
}

/// Whether an IPv4 frame that came from `realm`, or leaves to it, is of the hosts that are wanted.
bool Tap::is_of_hosts(const std::uint8_t* frame, bool as_it_came, RealmId realm) const noexcept {
  constexpr std::size_t kSourceAt = kIpv4Offset + offsetof(Ipv4Header, source);
  constexpr std::size_t kDestinationAt = kIpv4Offset + offsetof(Ipv4Header, destination);
  Ipv4Address real;
  Ipv4Address mapped;
  std::memcpy(&real, frame + (as_it_came ? kSourceAt : kDestinationAt), sizeof(real));
  std::memcpy(&mapped, frame + (as_it_came ? kDestinationAt : kSourceAt), sizeof(mapped));
  const auto is_between = [&](const MappedHosts& here, const std::optional<MappedHosts>& there) {
    return here.has_real(realm, real) && (!there || there->mapped.contains(mapped));
  };
  if (!order_.one) {
    return true;
  }
  return is_between(*order_.one, order_.other) ||
         (order_.other ? is_between(*order_.other, order_.one)
                       : order_.one->mapped.contains(mapped));
}

void Tap::dropped(const rte_mbuf& packet, DropReason reason, const DropPlace& place) noexcept {
  const auto i = place_of(packet);
  if (i && written_.contains(*i)) {
    // It was copied when it was to leave.
    CopiedPacket copied;
    std::memcpy(&copied, records_[*i], sizeof(copied));
    copied.fate = Fate::kDropped;
    copied.reason = reason;
    std::memcpy(records_[*i], &copied, sizeof(copied));
    return;
  }
  if (!order_.wants(reason)) {
    return;
  }
  const bool leaves = place.way == Way::kOut;
  std::optional<Arrived> in;
  if (i) {
    in = arrived(*i, packet);
  } else if (!leaves) {
    in = Arrived{.head = {},
                 .rest = &packet,
                 .length = packet.pkt_len,
                 .readable = packet.pkt_len,
                 .realm = place.realm};
  }
  CopiedPacket copied;
  copied.tsc = place.tsc;
  copied.out.realm = place.realm;
  copied.fate = Fate::kDropped;
  copied.reason = reason;
  consider(in, leaves ? &packet : nullptr, copied);
}

void Tap::punted(const Burst& burst, std::size_t i, std::optional<RealmId> held_for) noexcept {
  if (order_.drops_only) {
    return;
  }
  const rte_mbuf& packet = *burst.packets[i];
  CopiedPacket copied;
  copied.tsc = tsc_;
  copied.out.realm = held_for.value_or(0);
  copied.fate = held_for ? Fate::kHeld : Fate::kToNatto;
  records_[i] = consider(arrived(i, packet), held_for ? &packet : nullptr, copied);
  if (records_[i] != nullptr) {
    written_.add(i);  // if control has no room for it, it is dropped
  }
}

void Tap::generated(const rte_mbuf& packet, RealmId out) noexcept {
  if (!order_.drops_only) {
    CopiedPacket copied;
    copied.tsc = rte_rdtsc();
    copied.out.realm = out;
    copied.fate = Fate::kGenerated;
    consider(std::nullopt, &packet, copied);
  }
}

std::optional<std::size_t> Tap::place_of(const rte_mbuf& packet) const noexcept {
  const auto* frame = rte_pktmbuf_mtod(&packet, const std::uint8_t*);
  const auto burst = std::span(frames_).first(size_);
  const auto found = std::ranges::find(burst, frame);
  return found == burst.end() ? std::nullopt
                              : std::optional(static_cast<std::size_t>(found - burst.begin()));
}

Tap::Arrived Tap::arrived(std::size_t i, const rte_mbuf& now) const noexcept {
  const std::uint32_t length = lengths_[i];
  return {.head = std::span(heads_[i]).first(kept_[i]),
          .rest = &now,
          .length = length,
          .readable = is_in_buffer(now, length)
                          ? length
                          : std::max<std::uint32_t>(kept_[i], std::min(length, now.pkt_len)),
          .realm = in_};
}

std::byte* Tap::consider(const std::optional<Arrived>& in, const rte_mbuf* out,
                         CopiedPacket packet) noexcept {
  const std::optional<RealmId> came_from = in ? std::optional(in->realm) : std::nullopt;
  const std::optional<RealmId> leaves_by =
      out != nullptr ? std::optional(packet.out.realm) : std::nullopt;
  if (!order_.wants(came_from, leaves_by)) {
    return nullptr;
  }
  if (order_.one) {
    std::array<std::uint8_t, kIpv4Offset + sizeof(Ipv4Header)> frame{};
    const rte_mbuf& bytes = in ? *in->rest : *out;
    if (in && in->head.size() >= frame.size()) {
      std::copy_n(in->head.begin(), frame.size(), frame.begin());
    } else {
      copy_from(bytes, 0, std::min<std::size_t>(frame.size(), bytes.pkt_len), frame.data());
    }
    const bool is_ipv4 = frame[12] == 0x08 && frame[13] == 0x00;
    if (!is_ipv4 || !is_of_hosts(frame.data(), in.has_value(), in ? in->realm : packet.out.realm)) {
      return nullptr;
    }
  }
  return (in && matches(*in)) || (out != nullptr && matches(*out)) ? write(in, out, packet)
                                                                   : nullptr;
}

bool Tap::matches(const rte_mbuf& packet) const noexcept {
  // The filter only reads, but DPDK's type does not say so.
  return !order_.filter || order_.filter->matches(const_cast<rte_mbuf&>(packet));
}

bool Tap::matches(const Arrived& packet) noexcept {
  if (!order_.filter) {
    return true;
  }
  if (packet.head.empty()) {
    return matches(*packet.rest);
  }
  const std::size_t head = packet.head.size();
  first_.next = nullptr;
  first_.nb_segs = 1;
  first_.pkt_len = packet.readable;
  if (head >= packet.readable) {
    set_piece(first_, packet.head.data(), packet.readable);
  } else if (is_in_buffer(*packet.rest, packet.readable)) {
    set_piece(first_, packet.head.data(), head);
    set_piece(second_, rte_pktmbuf_mtod_offset(packet.rest, const std::uint8_t*, head),
              packet.readable - head);
    first_.next = &second_;
    first_.nb_segs = 2;
  } else {
    first_.pkt_len =
        static_cast<std::uint32_t>(std::min<std::size_t>(packet.readable, joined_.size()));
    std::ranges::copy(packet.head, joined_.begin());
    copy_from(*packet.rest, head, first_.pkt_len - head, joined_.data() + head);
    set_piece(first_, joined_.data(), first_.pkt_len);
  }
  return matches(std::as_const(first_));
}

std::byte* Tap::write(const std::optional<Arrived>& in, const rte_mbuf* out,
                      CopiedPacket packet) noexcept {
  if (!budget_.take(packet.tsc)) {
    over_rate_.add(1);
    return nullptr;
  }
  if (in) {
    packet.in = {
        .length = in->length, .copied = std::min(in->readable, order_.snaplen), .realm = in->realm};
  }
  if (out != nullptr) {
    packet.out.length = out->pkt_len;
    packet.out.copied = std::min(out->pkt_len, order_.snaplen);
    packet.checksums_left_to_port = (out->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0;
  }
  std::byte* const record = ring_.add(sizeof(packet) + packet.in.copied + packet.out.copied);
  if (record == nullptr) {
    lost_.add(1);
    return nullptr;
  }
  packet.version = version_;
  std::memcpy(record, &packet, sizeof(packet));
  auto* bytes = reinterpret_cast<std::uint8_t*>(record + sizeof(packet));
  if (in) {
    const std::size_t head = std::min<std::size_t>(in->head.size(), packet.in.copied);
    std::copy_n(in->head.begin(), head, bytes);
    copy_from(*in->rest, head, packet.in.copied - head, bytes + head);
  }
  if (out != nullptr) {
    copy_from(*out, 0, packet.out.copied, bytes + packet.in.copied);
  }
  return record;
}

CaptureTaps::CaptureTaps(CaptureOrder order, std::size_t threads, std::size_t ring_bytes)
    : order_(std::move(order)) {
  for (std::size_t i = 0; i < threads; ++i) {
    taps_.push_back(std::make_unique<Tap>(order_, ring_bytes));
  }
}

}  // namespace natto
