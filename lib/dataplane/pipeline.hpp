#pragma once

#include <rte_mbuf.h>

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/token_bucket.hpp"
#include "dataplane/dataplane.hpp"
#include "dataplane/head.hpp"
#include "packet/plain.hpp"
#include "packet/refusal.hpp"
#include "packet/verdict.hpp"

namespace natto {

/// Packets that go through the stages together.
inline constexpr std::uint16_t kBurst = 32;
static_assert(kBurst * 2 <= Generation::kMaxQueries);
static_assert(kBurst * TranslationCache::kMostBursts < TranslationCache::Entry::kMostPackets);

/// The packet path of one worker: it owns queue `worker` of every port and runs each packet to
/// completion. pipeline.cpp is a packet's whole way through natto.
///
/// Used by one thread. Never blocks, allocates from the heap, logs or throws.
class Pipeline {
 public:
  Pipeline(Dataplane& dataplane, std::uint16_t worker);

  /// Takes at most one burst from every port, and sends it on. Returns the packets received.
  std::size_t poll() noexcept;

  /// Tells the mappings' counters all that polls counted and have not told yet: after the last one.
  void settle() noexcept;

 private:
  /// A packet that takes the long way.
  struct Packet {
    rte_mbuf* mbuf;
    Known known;              ///< which of the two the table has
    Translation source;       ///< of the address that must be real
    Translation destination;  ///< of the one that must be mapped
    Head head;
    ParsedPacket parsed;
  };
  struct TxQueue {
    std::array<rte_mbuf*, kBurst> packets;
    std::uint16_t count = 0;
  };
  /// Packets of the burst: bit i is packet i.
  using PacketSet = std::uint32_t;
  static_assert(sizeof(PacketSet) * 8 == kBurst);
  [[nodiscard]] static std::size_t first_of(PacketSet packets) noexcept {
    return static_cast<std::size_t>(std::countr_zero(packets));
  }
  [[nodiscard]] PacketSet whole_burst() const noexcept {
    return static_cast<PacketSet>((std::uint64_t{1} << burst_size_) - 1);
  }

  std::size_t receive(const PortContext& in) noexcept;
  std::size_t receive_handed(const PortContext& in) noexcept;
  void hand_out(const PortContext& in) noexcept;
  void prefetch_burst() const noexcept;
  void forward(const PortContext& in) noexcept;
  void translate_plain(const PortContext& in) noexcept;
  Verdict parse(std::size_t i, const PortContext& in) noexcept;
  void look_up(const PortContext& in) noexcept;
  Verdict translate(std::size_t i, const PortContext& in) noexcept;
  void transmit() noexcept;
  std::uint16_t close_gaps() noexcept;

  Verdict check_icmp_error(const Packet& packet, const PortContext& in) noexcept;
  [[nodiscard]] std::optional<Replacement> reporter(const Packet& packet, const PortContext& in,
                                                    const PortContext& out,
                                                    const Replacement& quoted_host) const noexcept;
  [[nodiscard]] std::uint16_t put(const PortContext& out, std::span<rte_mbuf*> packets) noexcept;
  [[nodiscard]] DropReason not_taken(const PortContext& out) const noexcept;
  void send(const PortContext& out, std::span<rte_mbuf*> packets) noexcept;
  [[nodiscard]] std::span<rte_mbuf*> prepare(const PortContext& out,
                                             std::span<rte_mbuf*> packets) noexcept;
  void flush(const PortContext& out) noexcept;
  void send_fragments(const PortContext& out, rte_mbuf* mbuf) noexcept;
  void send_injected() noexcept;
  void stop(const Packet& packet, const PortContext& in, Verdict verdict) noexcept;
  void drop(rte_mbuf* mbuf, DropReason reason) noexcept;
  void drop_and_tell(const Packet& packet, const PortContext& in, DropReason reason) noexcept;

  /// Runs `stage` on every packet that takes the long way; those it does not forward leave it.
  template <typename Stage>
  void each(const PortContext& in, Stage stage) noexcept;

  void settle_some(bool idle) noexcept;

  Dataplane& dataplane_;
  Counters& counters_;
  WorkerActivity& activity_;
  TranslationCache& cache_;
  TokenBucket errors_;  ///< what this worker may have control answer with ICMP errors
  const std::uint16_t worker_;

  PortSet in_use_;                               ///< of this poll
  const Generation* table_ = nullptr;            ///< of this poll
  const NextHopTable* next_hops_ = nullptr;      ///< of this poll
  MappingCounters* mapping_counters_ = nullptr;  ///< of this poll's table
  std::uint64_t burst_tsc_ = 0;                  ///< when the burst was received
  std::uint16_t burst_size_ = 0;
  std::array<rte_mbuf*, kBurst> burst_;
  PacketSet long_way_ = 0;   ///< packets of the burst that the short way left
  PacketSet leaving_ = 0;    ///< those that no stage has stopped
  PacketSet oversized_ = 0;  ///< of them, those that leave in fragments
  PortSet ways_out_;         ///< by which packets leave; nearly always there is one other side
  std::array<const PortContext*, kBurst> out_;  ///< by which each packet leaves, once translated
  std::array<Packet, kBurst> packets_;          ///< those, by their place in the burst
  std::array<HeadScratch, kBurst> scratch_;
  std::vector<TxQueue> tx_;  ///< by realm; empty between bursts
};

}  // namespace natto
