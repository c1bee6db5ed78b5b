#pragma once

// What one worker remembers of the table: the translations of addresses that it looked up before,
// each in half a cache line with what the worker counted of it. So a packet of known addresses
// brings two cache lines, whatever the table's size, and none of them is another worker's.

#include <rte_prefetch.h>

#include <cstdint>
#include <utility>

#include "base/coarse_clock.hpp"
#include "base/result.hpp"
#include "dataplane/crc32c.hpp"
#include "dataplane/generation.hpp"
#include "dpdk/memory.hpp"

namespace natto {

/// A memo of Generation::look_up: it says what the table of now says, or nothing.
///
/// An address lies in the place that its hash names, or in the other half of that cache line.
/// Addresses of a prefix that the table never tells apart share a place.
///
/// It also owes the mappings' counters what was counted here: settle_some, called after every
/// burst, pays a little of it. When the table changes, what is owed to the old one's counters is
/// paid first, and until it is, the old one must stay (oldest_serial).
///
/// Used by one worker, which writes it at every burst: on cache lines of its own.
class alignas(64) TranslationCache {
 public:
  struct Entry {
    std::uint64_t key;  ///< tag, and kept bits of the address; no look-up has the epoch 0
    Translation translation;
    /// What was counted and not yet told to the mapping's counters: packets in the upper bits,
    /// their bytes below, so that one addition counts both.
    std::uint64_t owed;

    static constexpr unsigned kPacketsShift = 40;
    static constexpr std::uint64_t kMostPackets = std::uint64_t{1} << (64U - kPacketsShift);

    void count(std::uint64_t packet_bytes) noexcept {
      owed += (std::uint64_t{1} << kPacketsShift) + packet_bytes;
    }
  };
  static_assert(sizeof(Entry) == 32);

  static constexpr std::size_t kMostEntries = std::size_t{1} << 18U;
  static constexpr std::size_t kMostBursts = kMostEntries;
  static constexpr std::uint32_t kPassedOver = 7;
  /// Of DPDK's memory: 8 MiB.
  static constexpr std::size_t kBytes = kMostEntries * sizeof(Entry);

  /// Scope and epoch, above the address in a key.
  using Tag = std::uint64_t;
  [[nodiscard]] Tag tag(Generation::Scope scope) const noexcept {
    const Tag of_scope = scope == Generation::kMappedScope ? kMappedTag : scope;
    return epoch_ << kEpochShift | of_scope << kScopeShift;
  }

  /// Looks up addresses, until the cache is told of another table. Cheap to copy.
  class Reader {
   public:
    /// Where `address` most likely lies; asks the CPU to bring it.
    [[nodiscard]] Entry* prefetch(Tag tag, Ipv4Address address) const noexcept {
      Entry* place = place_of(key_of(tag, address));
      rte_prefetch0(place);
      return place;
    }

    /// What is remembered of `address`, whose place is `place`; null: nothing.
    [[nodiscard]] Entry* find(Tag tag, Ipv4Address address, Entry* place) const noexcept {
      const std::uint64_t key = key_of(tag, address);
      if (place->key == key) [[likely]] {
        return place;
      }
      Entry* other = other_half(place);
      return other->key == key ? other : nullptr;
    }

   private:
    friend class TranslationCache;
    Reader(Entry* entries, std::uint32_t kept_bits_raw, std::uint32_t index_mask) noexcept
        : entries_(entries), kept_bits_raw_(kept_bits_raw), index_mask_(index_mask) {}

    [[nodiscard]] std::uint64_t key_of(Tag tag, Ipv4Address address) const noexcept {
      return tag | (address.bits.raw() & kept_bits_raw_);
    }
    // A CRC keeps keys apart that differ in a few neighbouring bits, as addresses do.
    [[nodiscard]] Entry* place_of(std::uint64_t key) const noexcept {
      return &entries_[crc32c(key) & index_mask_];
    }
    [[nodiscard]] Entry* other_half(Entry* place) const noexcept {
      return &entries_[static_cast<std::size_t>(place - entries_) ^ 1U];
    }

    Entry* entries_;
    std::uint32_t kept_bits_raw_;  ///< the table does not look at the others
    std::uint32_t index_mask_;     ///< of the entries that the table uses
  };
  [[nodiscard]] Reader reader() const noexcept {
    return {entries_.get(), kept_bits_raw_, index_mask_};
  }

  /// Control side: allocates kBytes.
  [[nodiscard]] static Result<TranslationCache> create(int socket);

  /// Before the look-ups of a burst: they are answered by `table`, which lives at least until
  /// oldest_serial() is another's. The worker's own counters are those of `worker`.
  void use(const Generation& table, std::size_t worker) noexcept {
    if (table.serial() != serial_) [[unlikely]] {
      change_table(table, worker);
    }
  }

  /// Remembers what the table said of `query`, and what was remembered longest ago in its line
  /// gives way if there is no room. After that the next kPassedOver calls do nothing: so an address
  /// that is used again and again finds its place, and a scan of addresses does not wash out those
  /// that have one, nor cost much. Entries found before may be others after.
  void remember(Generation::Query query, const Translation& translation) noexcept;

  /// Something was counted in entries since the last settle_some: at `now`, or earlier.
  void counted(CoarseTime now) noexcept {
    last_counted_ = now;
    if (previous_lines_ == 0) {
      unsettled_lines_ = lines_;
    }
  }

  /// Tells the mappings' counters what was counted in a few entries, more of them if the worker is
  /// `idle`. Between two visits to an entry there are fewer than kMostBursts calls.
  void settle_some(bool idle) noexcept {
    if (unsettled_lines_ != 0) {
      settle(idle || previous_lines_ != 0 ? kLinesAtRest : kLinesUnderLoad);
      prefetch_next();
    }
  }
  /// Everything that was counted.
  void settle_all() noexcept { settle(UINT32_MAX); }

  /// The oldest generation to whose counters something is still owed; 0: there is none.
  [[nodiscard]] std::uint64_t oldest_serial() const noexcept {
    return previous_lines_ != 0 ? previous_serial_ : unsettled_lines_ != 0 ? serial_ : 0;
  }

 private:
  static constexpr std::size_t kEntriesOfLine = 64 / sizeof(Entry);
  static_assert(kEntriesOfLine == 2);
  static constexpr std::uint32_t kLinesAtRest = 64;
  static constexpr std::uint32_t kLinesUnderLoad = 1;
  static constexpr unsigned kScopeShift = 32;
  static constexpr unsigned kEpochShift = 40;
  static constexpr Tag kMappedTag = 0xff;
  static_assert(kMaxPorts < kMappedTag);

  explicit TranslationCache(RteArray<Entry> entries) noexcept : entries_(std::move(entries)) {}

  void change_table(const Generation& table, std::size_t worker) noexcept;
  void settle(std::uint32_t lines) noexcept;
  void settle(Entry& entry) noexcept;
  void prefetch_next() const noexcept;
  [[nodiscard]] MappingCounters* counters_of(const Entry& entry) const noexcept {
    return (is_current(entry) ? counters_ : previous_counters_) + entry.translation.mapping;
  }
  [[nodiscard]] bool is_current(const Entry& entry) const noexcept {
    return entry.key >> kEpochShift == epoch_;
  }

  RteArray<Entry> entries_;
  std::uint64_t epoch_ = 0;  ///< counts the tables, of 24 bits; 0 in entries that were never used
  std::uint64_t serial_ = 0;
  std::uint64_t previous_serial_ = 0;
  MappingCounters* counters_ = nullptr;
  MappingCounters* previous_counters_ = nullptr;
  std::uint32_t kept_bits_raw_ = 0;    ///< see Reader
  std::uint32_t index_mask_ = 0;       ///< see Reader
  std::uint32_t lines_ = 0;            ///< that this table uses
  std::uint32_t next_line_ = 0;        ///< to settle
  std::uint32_t unsettled_lines_ = 0;  ///< from there on
  std::uint32_t previous_lines_ = 0;   ///< of them, those that may owe the previous table
  std::uint32_t to_pass_over_ = 0;     ///< calls of remember, since there was no room
  CoarseTime last_counted_ = 0;
};

}  // namespace natto
