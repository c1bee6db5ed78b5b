#pragma once

// A thread's part in a capture: it looks at the packets that the thread handles, and copies those
// that somebody wants. Their first bytes are kept before the stages change them, so that a packet
// can be shown as it came when it is known what has become of it.

#include <rte_mbuf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/counter.hpp"
#include "capture/copied_packet.hpp"
#include "capture/copy_ring.hpp"
#include "capture/per_second.hpp"
#include "dataplane/burst.hpp"
#include "dataplane/capture_order.hpp"
#include "dataplane/drop_samples.hpp"

namespace natto {

/// Used by one thread, but for the ring and the counters: those somebody else reads. What is not
/// copied, because the ring is full or more come than are wanted, is counted; packets are not
/// delayed or dropped for it.
class Tap {
 public:
  /// `order` lives longer.
  Tap(const CaptureOrder& order, std::size_t ring_bytes);

  /// A burst as it came in, before a stage changes it. `version` is the table's.
  void arrive(const Burst& burst, std::uint64_t version) noexcept;
  /// The burst before it is transmitted.
  void leave(const Burst& burst) noexcept;
  /// The burst has left.
  void done() noexcept { size_ = 0; }

  /// A packet, of the burst or of none, is dropped: called before it is freed.
  void dropped(const rte_mbuf& packet, DropReason reason, const DropPlace& place) noexcept;
  /// Packet `i` of the burst goes to control: called before it does. `held_for`: it is translated
  /// and was to leave by the port of that realm.
  void punted(const Burst& burst, std::size_t i, std::optional<RealmId> held_for) noexcept;
  /// A packet that did not come in leaves by `out`.
  void generated(const rte_mbuf& packet, RealmId out) noexcept;

  /// The reader may have what was copied.
  void publish() noexcept { ring_.publish(); }

  // The reader's.
  [[nodiscard]] CopyRing& ring() noexcept { return ring_; }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.value(); }
  [[nodiscard]] std::uint64_t over_rate() const noexcept { return over_rate_.value(); }

 private:
  /// As many bytes of a packet as any stage may change.
  using Head = std::array<std::uint8_t, 192>;
  static_assert(sizeof(Head) >= kHeadBytes);

  /// A packet as it came, of which only the first bytes were kept.
  struct Arrived {
    std::span<const std::uint8_t> head;
    const rte_mbuf* rest;  ///< the packet as it is now
    std::uint32_t length;
    std::uint32_t readable;  ///< what of this is still there
    RealmId realm;
  };

  void keep_more(const rte_mbuf& packet, std::size_t i) noexcept;
  [[nodiscard]] std::optional<std::size_t> place_of(const rte_mbuf& packet) const noexcept;
  [[nodiscard]] Arrived arrived(std::size_t i, const rte_mbuf& now) const noexcept;
  [[nodiscard]] PacketSet chosen(const Burst& burst) const noexcept;
  [[nodiscard]] PacketSet perhaps(PacketSet among, PacketSet slow) const noexcept;
  template <bool and_after>
  [[nodiscard]] PacketSet with_either(FieldTest one, FieldTest other) const noexcept;
  [[nodiscard]] bool is_of_hosts(const std::uint8_t* frame, bool as_it_came,
                                 RealmId realm) const noexcept;
  [[nodiscard]] bool matches(const Arrived& packet) noexcept;
  [[nodiscard]] bool matches(const rte_mbuf& packet) const noexcept;

  /// Copies a packet as it came, as it leaves, or both, if it is wanted. Where to; null: nowhere.
  std::byte* consider(const std::optional<Arrived>& in, const rte_mbuf* out,
                      CopiedPacket packet) noexcept;
  std::byte* write(const std::optional<Arrived>& in, const rte_mbuf* out,
                   CopiedPacket packet) noexcept;

  const CaptureOrder& order_;
  CopyRing ring_;
  PerSecond budget_;
  Counter lost_;
  Counter over_rate_;

  // Of the burst.
  std::size_t size_ = 0;
  RealmId in_ = 0;
  std::uint64_t tsc_ = 0;
  std::uint64_t version_ = 0;
  alignas(64) std::array<Head, kBurst> heads_;
  std::array<std::uint32_t, kBurst> lengths_;
  std::array<std::uint16_t, kBurst> kept_;  ///< bytes of heads_
  std::array<const std::uint8_t*, kBurst>
      frames_;                              ///< where the packets are, which tells them apart
  PacketSet written_;                       ///< packets that are copied, …
  std::array<std::byte*, kBurst> records_;  ///< … and where

  // The filter wants a packet of buffers: these are what it gets to see of one as it came.
  rte_mbuf first_{};
  rte_mbuf second_{};
  std::vector<std::uint8_t> joined_;
};

/// A capture's taps, one for each thread; none at all if nobody captures.
class CaptureTaps {
 public:
  CaptureTaps() = default;
  /// For so many threads.
  CaptureTaps(CaptureOrder order, std::size_t threads, std::size_t ring_bytes);
  CaptureTaps(const CaptureTaps&) = delete;
  CaptureTaps& operator=(const CaptureTaps&) = delete;

  /// Null if nobody captures.
  [[nodiscard]] Tap* tap(std::size_t thread) const noexcept {
    return taps_.empty() ? nullptr : taps_[thread].get();
  }
  [[nodiscard]] std::span<const std::unique_ptr<Tap>> taps() const noexcept { return taps_; }

 private:
  CaptureOrder order_;
  std::vector<std::unique_ptr<Tap>> taps_;
};

}  // namespace natto
