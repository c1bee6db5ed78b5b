#pragma once

// The packets that go through the stages of the pipeline together, and what the stages find out
// about them. Each stage gets the burst as an argument, and its header says what it reads and
// writes.

#include <rte_mbuf.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataplane/dataplane.hpp"
#include "dataplane/head.hpp"
#include "packet/decision.hpp"

namespace natto {

/// Packets that go through the stages together.
inline constexpr std::uint16_t kBurst = 32;
static_assert(kBurst * 2 <= TranslationTable::kMaxQueries);

/// Some packets of a burst.
class PacketSet {
 public:
  constexpr PacketSet() noexcept = default;
  /// The first `count` packets.
  [[nodiscard]] static constexpr PacketSet first(std::size_t count) noexcept {
    return PacketSet(static_cast<Bits>((std::uint64_t{1} << count) - 1));
  }

  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return static_cast<std::size_t>(std::popcount(bits_));
  }
  [[nodiscard]] constexpr bool contains(std::size_t packet) const noexcept {
    return (bits_ >> packet & 1U) != 0;
  }
  [[nodiscard]] constexpr PacketSet without(PacketSet other) const noexcept {
    return PacketSet(bits_ & ~other.bits_);
  }
  [[nodiscard]] constexpr PacketSet with(PacketSet other) const noexcept {
    return PacketSet(bits_ | other.bits_);
  }
  [[nodiscard]] constexpr PacketSet both(PacketSet other) const noexcept {
    return PacketSet(bits_ & other.bits_);
  }
  constexpr void add(std::size_t packet) noexcept { bits_ |= Bits{1} << packet; }
  constexpr void remove(std::size_t packet) noexcept { bits_ &= ~(Bits{1} << packet); }
  friend constexpr bool operator==(PacketSet, PacketSet) = default;

  /// Calls `visit` with the index of each packet, in order. It may remove packets from this set.
  template <typename Visit>
  void for_each(Visit visit) const noexcept {
    for (Bits left = bits_; left != 0; left &= left - 1) {
      visit(static_cast<std::size_t>(std::countr_zero(left)));
    }
  }

 private:
  using Bits = std::uint32_t;  ///< bit i is packet i
  static_assert(sizeof(Bits) * 8 == kBurst);
  explicit constexpr PacketSet(Bits bits) noexcept : bits_(bits) {}

  Bits bits_ = 0;
};

/// An array whose elements are not made before they are written: most bursts need none of them.
template <typename T>
class OfBurst {
 public:
  OfBurst() noexcept {}  // NOLINT(modernize-use-equals-default): the union has no default
  [[nodiscard]] T& operator[](std::size_t packet) noexcept { return items_[packet]; }
  [[nodiscard]] const T& operator[](std::size_t packet) const noexcept { return items_[packet]; }
  [[nodiscard]] T* data() noexcept { return items_.data(); }

 private:
  union {
    std::array<T, kBurst> items_;
  };
};

/// What the slow path finds out about a packet.
struct SlowPacket {
  Head head;
  ParsedPacket parsed;
  Found found;
  HeadScratch scratch;  ///< of head
};

/// Everything is by the packet's place in the burst.
struct Burst {
  const PortContext* in;           ///< the port that it came from
  std::uint64_t received_tsc = 0;  ///< when
  std::uint16_t size = 0;
  OfBurst<rte_mbuf*> packets;
  PacketSet slow;        ///< packets that the fast path leaves to the slow path
  PacketSet unknown;     ///< of those, the plain ones of which the worker's cache knows nothing
  PacketSet leaving;     ///< packets that no stage has stopped
  PacketSet oversized;   ///< of those, the ones that leave in fragments
  PortSet out_ports;     ///< the ports by which packets may leave; nearly always there is one
  OfBurst<RealmId> out;  ///< whose port a packet of `leaving` leaves by
  OfBurst<SlowPacket> slow_packets;  ///< of the packets of `slow`

  [[nodiscard]] std::span<rte_mbuf*> all() noexcept { return {packets.data(), size}; }
};

}  // namespace natto
