#pragma once

// What one worker remembers of the table: the translations of addresses that it looked up before.
// So a packet of known addresses brings two cache lines, whatever the table's size, and none of
// them is another worker's.

#include <rte_prefetch.h>

#include <cstdint>
#include <utility>

#include "base/result.hpp"
#include "dataplane/cached_translation.hpp"
#include "dataplane/pending_counts.hpp"
#include "dpdk/crc32c.hpp"
#include "dpdk/memory.hpp"
#include "table/translation_table.hpp"

namespace natto {

/// A memo of TranslationTable::look_up: it says what the table of now says, or nothing.
///
/// An address lies in the place that its hash names, or in the other half of that cache line.
/// Addresses of a prefix that the table never tells apart share a place.
///
/// Used by one worker, which writes it at every burst: on cache lines of its own.
class alignas(64) TranslationCache {
 public:
  using Pending = PendingCounts<CachedTranslation>;
  static constexpr std::uint32_t kPassedOver = 7;
  /// Of DPDK's memory, if natto starts with so many mappings: 8 MiB, and up to 128 MiB with a
  /// million of them. Later tables have that as well.
  [[nodiscard]] static std::size_t bytes_for(std::size_t mappings) noexcept;

  using Key = std::uint64_t;  ///< CachedTranslation's

  /// Makes keys of addresses of one scope, of which `Bits` says what is kept. Cheap to copy.
  template <typename Bits>
  class Keys {
   public:
    [[nodiscard]] Key of(Ipv4Address address) const noexcept {
      return tag_ | (address.bits.raw() & bits_.raw_of(address));
    }

   private:
    friend class TranslationCache;
    Keys(CachedTranslation::Tag tag, Bits bits) noexcept : tag_(tag), bits_(bits) {}

    CachedTranslation::Tag tag_;
    Bits bits_;
  };
  /// Those of the table in use, if the same bits are kept of all its addresses.
  [[nodiscard]] Keys<BitsOfAll> keys_of_all(AddressScope scope) const noexcept {
    return {CachedTranslation::tag(scope, epoch_), kept_bits_->of_all()};
  }
  /// Those of the table in use, if not.
  [[nodiscard]] Keys<BitsByRange> keys_of_ranges(AddressScope scope) const noexcept {
    return {CachedTranslation::tag(scope, epoch_), kept_bits_->of_ranges(scope)};
  }
  /// The same of one address, for whatever table.
  [[nodiscard]] Key key_of(TranslationTable::Query query) const noexcept {
    return CachedTranslation::tag(query.scope, epoch_) |
           (query.address.bits.raw() & kept_bits_->raw_of(query.scope, query.address));
  }

  /// Looks up addresses, until the cache is told of another table. Cheap to copy.
  class Reader {
   public:
    /// Where an address most likely lies; asks the CPU to bring it.
    [[nodiscard]] CachedTranslation* prefetch(Key key) const noexcept {
      CachedTranslation* place = place_of(key);
      rte_prefetch0(place);
      return place;
    }

    /// What is remembered of an address, whose place is `place`; null: nothing.
    [[nodiscard]] CachedTranslation* find(Key key, CachedTranslation* place) const noexcept {
      if (place->key == key) [[likely]] {
        return place;
      }
      CachedTranslation* other = other_half(place);
      return other->key == key ? other : nullptr;
    }

   private:
    friend class TranslationCache;
    Reader(CachedTranslation* entries, std::uint32_t index_mask) noexcept
        : entries_(entries), index_mask_(index_mask) {}

    // A CRC keeps keys apart that differ in a few neighbouring bits, as addresses do.
    [[nodiscard]] CachedTranslation* place_of(Key key) const noexcept {
      return &entries_[crc32c(key) & index_mask_];
    }
    [[nodiscard]] CachedTranslation* other_half(CachedTranslation* place) const noexcept {
      return &entries_[static_cast<std::size_t>(place - entries_) ^ 1U];
    }

    CachedTranslation* entries_;
    std::uint32_t index_mask_;  ///< of the entries that the table uses
  };
  [[nodiscard]] Reader reader() const noexcept { return {entries_.get(), index_mask_}; }

  /// Control side: allocates bytes_for(mappings).
  [[nodiscard]] static Result<TranslationCache> create(int socket, std::size_t mappings);

  /// Before the look-ups of a burst: they are answered by `table`, which lives at least until
  /// pending().oldest_version() is another's. The worker's own counters are those of `worker`.
  void use(const TranslationTable& table, std::size_t worker) noexcept {
    if (table.version() != version_) [[unlikely]] {
      change_table(table, worker);
    }
  }

  /// Remembers what the table said of `query`, and what was remembered longest ago in its line
  /// gives way if there is no room. After that the next kPassedOver calls do nothing: so an address
  /// that is used again and again finds its place, and a scan of addresses does not wash out those
  /// that have one, nor cost much. Entries found before may be others after.
  void remember(TranslationTable::Query query, const Translation& translation) noexcept;

  /// What was counted in the entries.
  [[nodiscard]] Pending& pending() noexcept { return pending_; }

 private:
  TranslationCache(RteArray<CachedTranslation> entries, std::size_t capacity) noexcept
      : entries_(std::move(entries)), capacity_(capacity), pending_(entries_.get()) {}

  void change_table(const TranslationTable& table, std::size_t worker) noexcept;

  RteArray<CachedTranslation> entries_;
  std::size_t capacity_;  ///< entries that there are
  Pending pending_;
  std::uint64_t epoch_ = 0;  ///< counts the tables, of 24 bits; 0 in entries that were never used
  std::uint64_t version_ = 0;
  const KeptBits* kept_bits_ = nullptr;  ///< the table's
  std::uint32_t index_mask_ = 0;         ///< see Reader
  std::uint32_t to_pass_over_ = 0;       ///< calls of remember, since there was no room
};

}  // namespace natto
