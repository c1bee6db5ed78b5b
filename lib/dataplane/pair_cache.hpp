#pragma once

// What one worker remembers of a table and its policy: what becomes of packets from one address
// to another, for the pairs that it met before. So a packet of a known pair brings one cache line,
// whatever the size of the table and its policy, and none of them is another worker's.

#include <rte_prefetch.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/result.hpp"
#include "dataplane/cached_pair.hpp"
#include "dataplane/pending_counts.hpp"
#include "dpdk/crc32c.hpp"
#include "dpdk/memory.hpp"
#include "packet/translation.hpp"
#include "table/translation_table.hpp"

namespace natto {

/// A memo of TranslationTable::look_up and Policy::rules_of: it says what the table of now says, or
/// nothing.
///
/// A pair lies in the place that its hash names, or in the one beside it. Pairs that the table
/// never tells apart, being of the same two prefixes, share a place.
///
/// Used by one worker, which writes it at every burst: on cache lines of its own.
class alignas(64) PairCache {
 public:
  static constexpr std::size_t kMostEntries = std::size_t{1} << 18U;
  using Pending = PendingCounts<CachedPair>;
  static_assert(kMostEntries <= Pending::kMostBursts);
  static constexpr std::uint32_t kPassedOver = 7;
  /// Of DPDK's memory: 16 MiB.
  static constexpr std::size_t kBytes = kMostEntries * sizeof(CachedPair);

  /// Looks up pairs of packets from one realm, until the cache is told of another table. Cheap to
  /// copy.
  class Reader {
   public:
    /// Where a pair most likely lies; asks the CPU to bring it.
    [[nodiscard]] CachedPair* prefetch(AddressPair addresses,
                                       std::uint8_t protocol) const noexcept {
      CachedPair* const place = place_of(addresses & kept_bits_, tag_ | protocol);
      rte_prefetch0(place);
      return place;
    }

    /// What is remembered of a pair, whose place is `place`; null: nothing.
    [[nodiscard]] CachedPair* find(AddressPair addresses, std::uint8_t protocol,
                                   CachedPair* place) const noexcept {
      const AddressPair kept = addresses & kept_bits_;
      const std::uint32_t tag = tag_ | protocol;
      if (place->is(kept, tag)) [[likely]] {
        return place;
      }
      CachedPair* const other = beside(place);
      return other->is(kept, tag) ? other : nullptr;
    }

   private:
    friend class PairCache;
    Reader(CachedPair* entries, AddressPair kept_bits, std::uint32_t index_mask,
           std::uint32_t tag) noexcept
        : entries_(entries), kept_bits_(kept_bits), index_mask_(index_mask), tag_(tag) {}

    // A CRC keeps keys apart that differ in a few neighbouring bits, as addresses do.
    [[nodiscard]] CachedPair* place_of(AddressPair kept, std::uint32_t tag) const noexcept {
      return &entries_[crc32c(kept, tag) & index_mask_];
    }
    [[nodiscard]] CachedPair* beside(CachedPair* place) const noexcept {
      return &entries_[static_cast<std::size_t>(place - entries_) ^ 1U];
    }

    CachedPair* entries_;
    AddressPair kept_bits_;     ///< the table does not look at the others
    std::uint32_t index_mask_;  ///< of the entries that the table uses
    std::uint32_t tag_;         ///< without the protocol
  };
  [[nodiscard]] Reader reader(RealmId from) const noexcept {
    return {entries_.get(), kept_bits_, index_mask_,
            epoch_ | std::uint32_t{from} << CachedPair::kProtocolBits};
  }

  /// Control side: allocates kBytes.
  [[nodiscard]] static Result<PairCache> create(int socket);

  /// Before the look-ups of a burst: they are answered by `table`, which lives at least until
  /// pending().oldest_version() is another's. The worker's own counters are those of `worker`.
  void use(const TranslationTable& table, std::size_t worker) noexcept {
    if (table.version() != version_) [[unlikely]] {
      change_table(table, worker);
    }
  }

  /// Packets of one protocol from one address to another.
  struct Pair {
    RealmId from;  ///< the realm that they come from
    std::uint8_t protocol;
    bool clamps_mss;  ///< TCP's first segments are looked at more closely
    AddressPair addresses;
  };
  /// Remembers what `table`, which is in use, said of the addresses of `pair`, and what its policy
  /// says of them; what was remembered longest ago in its place gives way if there is no room.
  /// After that the next kPassedOver calls do nothing: so a pair that is used again and again finds
  /// its place, and a scan of addresses does not wash out those that have one, nor cost much.
  /// Entries found before may be others after.
  void remember(const Pair& pair, const Translation& source, const Translation& destination,
                const TranslationTable& table) noexcept;

  /// What was counted in the entries.
  [[nodiscard]] Pending& pending() noexcept { return pending_; }

 private:
  explicit PairCache(RteArray<CachedPair> entries) noexcept
      : entries_(std::move(entries)), pending_(entries_.get()) {}

  void change_table(const TranslationTable& table, std::size_t worker) noexcept;

  RteArray<CachedPair> entries_;
  Pending pending_;
  std::uint64_t version_ = 0;
  AddressPair kept_bits_ = 0;       ///< see Reader
  std::uint32_t index_mask_ = 0;    ///< see Reader
  std::uint32_t epoch_ = 0;         ///< of the table in use; 0 in entries that were never used
  std::uint32_t to_pass_over_ = 0;  ///< calls of remember, since there was no room
};

}  // namespace natto
