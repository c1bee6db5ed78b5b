#pragma once

// What one worker remembers of the policy: the rules of pairs of groups that it asked before. So a
// packet of a known pair brings one cache line more, however many rules there are.

#include <rte_prefetch.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/result.hpp"
#include "dpdk/crc32c.hpp"
#include "dpdk/memory.hpp"
#include "packet/plain.hpp"
#include "policy/pair_rules.hpp"
#include "policy/policy.hpp"
#include "table/mapping_counters.hpp"

namespace natto {

/// What a worker keeps of two groups and a protocol, in half a cache line; see PairRules.
struct CachedPair {
  static constexpr std::uint16_t kNoLimit = UINT16_MAX;
  static constexpr std::uint8_t kOfSource = 0;
  static constexpr std::uint8_t kOfDestination = 1;

  std::uint64_t groups = 0;  ///< source and destination
  std::uint32_t tag = 0;     ///< epoch and protocol; no look-up has the epoch 0
  std::uint16_t limit = kNoLimit;
  std::uint8_t asked_port = kOfSource;
  bool complete = false;  ///< or else the policy is asked each time, and no port is allowed
  std::array<PortSpan, 2> ports = PairRules::kNoPort;
  DirectionCounters* counters = nullptr;  ///< of the rule

  [[nodiscard]] bool is(std::uint64_t of_groups, std::uint32_t of_tag) const noexcept {
    return ((groups ^ of_groups) | (tag ^ of_tag)) == 0;
  }

  /// Whether the plain packet in `frame`, of such a pair and protocol, has a port that is allowed.
  // Without a branch: which of the spans it is nobody can foresee.
  [[nodiscard]] bool allows_port_of(std::span<const std::uint8_t> frame) const noexcept {
    const std::size_t offset = kTransportOffset + asked_port * sizeof(Be16);
    // A packet without ports may end before them, its buffer does not: all of them pass, or none.
    const std::span<const std::uint8_t> buffer(frame.data(), PlainShape::kLeastBytes);
    const std::uint16_t port = header_at<Be16>(buffer, offset).host();
    return (ports[0].distance(port) | ports[1].distance(port)) < 0;
  }
  /// Whether it may pass, as far as rules say.
  [[nodiscard]] bool allows(std::span<const std::uint8_t> frame) const noexcept {
    const bool is_tcp = header_at<Ipv4Header>(frame, kIpv4Offset).protocol == protocol::kTcp;
    return allows_port_of(frame) &&
           !(is_tcp && asked_port == kOfSource &&
             TcpHeader::opens(header_at<TcpHeader>(frame, kTransportOffset).flags));
  }
};
static_assert(sizeof(CachedPair) == 32);

/// A memo of Policy::rules_of: it says what the policy of now says, or nothing. Used by one worker,
/// which writes it: on cache lines of its own.
class alignas(64) PairCache {
 public:
  static constexpr std::size_t kEntries = std::size_t{1} << 16U;
  /// Of DPDK's memory: 2 MiB.
  static constexpr std::size_t kBytes = kEntries * sizeof(CachedPair);

  /// Control side: allocates kBytes.
  [[nodiscard]] static Result<PairCache> create(int socket);

  /// Looks up pairs, until the cache is told of another table. Cheap to copy.
  class Reader {
   public:
    /// Where a pair most likely lies; asks the CPU to bring it.
    [[nodiscard]] const CachedPair* prefetch(Policy::Group source, Policy::Group destination,
                                             std::uint8_t protocol) const noexcept {
      const CachedPair* const place = place_of(groups_of(source, destination), protocol);
      rte_prefetch0(place);
      return place;
    }

    /// What is remembered of a pair, whose place is `place`; null: nothing.
    [[nodiscard]] const CachedPair* find(Policy::Group source, Policy::Group destination,
                                         std::uint8_t protocol,
                                         const CachedPair* place) const noexcept {
      const std::uint64_t groups = groups_of(source, destination);
      const std::uint32_t tag = epoch_ | protocol;
      if (place->is(groups, tag)) [[likely]] {
        return place;
      }
      const CachedPair* const other = other_half(place);
      return other->is(groups, tag) ? other : nullptr;
    }

   private:
    friend class PairCache;
    Reader(CachedPair* entries, std::uint32_t epoch) noexcept : entries_(entries), epoch_(epoch) {}

    [[nodiscard]] static std::uint64_t groups_of(Policy::Group source,
                                                 Policy::Group destination) noexcept {
      return std::uint64_t{source} << 32U | destination;
    }
    [[nodiscard]] CachedPair* place_of(std::uint64_t groups, std::uint8_t protocol) const noexcept {
      return &entries_[(crc32c(groups) + protocol) % kEntries];
    }
    [[nodiscard]] CachedPair* other_half(const CachedPair* place) const noexcept {
      return &entries_[static_cast<std::size_t>(place - entries_) ^ 1U];
    }

    CachedPair* entries_;
    std::uint32_t epoch_;
  };
  [[nodiscard]] Reader reader() const noexcept { return {entries_.get(), epoch_}; }

  /// Remembers `pair` of two groups, which is not remembered yet. What its place held moves to the
  /// other half of the line, and what that held gives way.
  void remember(Policy::Group source, Policy::Group destination, std::uint8_t protocol,
                CachedPair pair) noexcept;

  /// From now on another table answers.
  void forget() noexcept;

  /// Where packets are counted that need no rule.
  [[nodiscard]] DirectionCounters& uncounted() noexcept { return uncounted_[0]; }

 private:
  PairCache(RteArray<CachedPair> entries, RteArray<DirectionCounters> uncounted) noexcept
      : entries_(std::move(entries)), uncounted_(std::move(uncounted)) {}

  static constexpr std::uint32_t kEpochStep = 1U << 8U;  // above the protocol

  RteArray<CachedPair> entries_;
  RteArray<DirectionCounters> uncounted_;
  std::uint32_t epoch_ = kEpochStep;
};

}  // namespace natto
