#pragma once

// What one worker remembers of a table and its policy: what becomes of packets from one address
// to another, for the pairs that it met before. So a packet of a known pair brings one cache line,
// whatever the size of the table and its policy, and none of them is another worker's.

#include <rte_prefetch.h>

#include <array>
#include <bit>
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
  static constexpr std::uint32_t kPassedOver = 7;
  /// Of DPDK's memory: 16 MiB.
  static constexpr std::size_t kBytes = kMostEntries * sizeof(CachedPair);

  /// A pair of addresses and a protocol, as an entry has them.
  struct Key {
    AddressPair addresses;  ///< the bits that are kept of them
    std::uint32_t tag;
  };

  /// Makes keys of packets from one realm, of whose addresses `Bits` says what is kept. Cheap to
  /// copy.
  template <typename Bits>
  class Keys {
   public:
    [[nodiscard]] Key of(AddressPair addresses, std::uint8_t protocol) const noexcept {
      const auto [source, destination] = std::bit_cast<std::array<Ipv4Address, 2>>(addresses);
      const auto kept = std::bit_cast<AddressPair>(
          std::array{source_.raw_of(source), destination_.raw_of(destination)});
      return {addresses & kept, tag_ | protocol};
    }

   private:
    friend class PairCache;
    Keys(std::uint32_t tag, Bits source, Bits destination) noexcept
        : tag_(tag), source_(source), destination_(destination) {}

    std::uint32_t tag_;  ///< without the protocol
    Bits source_;
    Bits destination_;
  };
  /// Those of the table in use, if the same bits are kept of all its addresses.
  [[nodiscard]] Keys<BitsOfAll> keys_of_all(RealmId from) const noexcept {
    return {tag_of(from), kept_bits_->of_all(), kept_bits_->of_all()};
  }
  /// Those of the table in use, if not.
  [[nodiscard]] Keys<BitsByRange> keys_of_ranges(RealmId from) const noexcept {
    return {tag_of(from), kept_bits_->of_ranges(real_scope(from)),
            kept_bits_->of_ranges(kMappedScope)};
  }

  /// Looks up pairs, until the cache is told of another table. Cheap to copy.
  class Reader {
   public:
    /// Where a pair most likely lies; asks the CPU to bring it.
    [[nodiscard]] CachedPair* prefetch(Key key) const noexcept {
      CachedPair* const place = place_of(key);
      rte_prefetch0(place);
      return place;
    }

    /// What is remembered of a pair, whose place is `place`; null: nothing.
    [[nodiscard]] CachedPair* find(Key key, CachedPair* place) const noexcept {
      if (place->is(key.addresses, key.tag)) [[likely]] {
        return place;
      }
      CachedPair* const other = beside(place);
      return other->is(key.addresses, key.tag) ? other : nullptr;
    }

   private:
    friend class PairCache;
    Reader(CachedPair* entries, std::uint32_t index_mask) noexcept
        : entries_(entries), index_mask_(index_mask) {}

    // A CRC keeps keys apart that differ in a few neighbouring bits, as addresses do.
    [[nodiscard]] CachedPair* place_of(Key key) const noexcept {
      return &entries_[crc32c(key.addresses, key.tag) & index_mask_];
    }
    [[nodiscard]] CachedPair* beside(CachedPair* place) const noexcept {
      return &entries_[static_cast<std::size_t>(place - entries_) ^ 1U];
    }

    CachedPair* entries_;
    std::uint32_t index_mask_;  ///< of the entries that the table uses
  };
  [[nodiscard]] Reader reader() const noexcept { return {entries_.get(), index_mask_}; }

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
  /// Its key, for whatever table.
  [[nodiscard]] Key key_of(const Pair& pair) const noexcept {
    return kept_bits_->are_same_for_all()
               ? keys_of_all(pair.from).of(pair.addresses, pair.protocol)
               : keys_of_ranges(pair.from).of(pair.addresses, pair.protocol);
  }
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
  [[nodiscard]] std::uint32_t tag_of(RealmId from) const noexcept {
    return epoch_ | std::uint32_t{from} << CachedPair::kProtocolBits;
  }

  RteArray<CachedPair> entries_;
  Pending pending_;
  std::uint64_t version_ = 0;
  const KeptBits* kept_bits_ = nullptr;  ///< the table's
  std::uint32_t index_mask_ = 0;         ///< see Reader
  std::uint32_t epoch_ = 0;              ///< of the table in use; 0 in entries that were never used
  std::uint32_t to_pass_over_ = 0;       ///< calls of remember, since there was no room
};

}  // namespace natto
