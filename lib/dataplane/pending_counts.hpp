#pragma once

// Packets and bytes of a mapping are counted beside its cached translation, since that line is at
// hand and the mapping's counters are elsewhere. They are pending there until they are flushed:
// added to the mapping's counters, a little after every burst.

#include <rte_prefetch.h>

#include <cstddef>
#include <cstdint>

#include "base/coarse_clock.hpp"
#include "dataplane/cached_translation.hpp"
#include "table/mapping_counters.hpp"

namespace natto {

/// The counts of one worker that are not yet in the mappings' counters. When the table changes,
/// what is pending for the old one's counters is flushed first, and until it is, the old table must
/// stay (oldest_version).
///
/// Used by that worker. Its entries are the TranslationCache's.
class PendingCounts {
 public:
  /// Between two visits to an entry there are fewer than this many calls of flush_some.
  static constexpr std::size_t kMostBursts = std::size_t{1} << 18U;

  explicit PendingCounts(CachedTranslation* entries) noexcept : entries_(entries) {}

  /// Something was counted in entries since the last flush_some: at `now`, or earlier.
  void counted(CoarseTime now) noexcept {
    last_counted_ = now;
    if (previous_lines_ == 0) {
      pending_lines_ = lines_;
    }
  }

  /// Flushes a few entries, more of them if the worker is `idle`.
  void flush_some(bool idle) noexcept {
    if (pending_lines_ != 0) {
      flush_lines(idle || previous_lines_ != 0 ? kLinesAtRest : kLinesUnderLoad);
      prefetch_next();
    }
  }

  /// Flushes every entry.
  void flush_all() noexcept { flush_lines(UINT32_MAX); }

  /// Flushes an entry that gives way.
  void flush(CachedTranslation& entry) noexcept;

  /// The oldest version of the table for whose counters something is pending; 0: there is none.
  [[nodiscard]] std::uint64_t oldest_version() const noexcept {
    return previous_lines_ != 0 ? previous_version_ : pending_lines_ != 0 ? version_ : 0;
  }

  /// Entries of `epoch` are of the table `version` from now on; it uses the first `lines` lines,
  /// and `counters` are the worker's of it.
  void change_table(std::uint64_t version, MappingCounters* counters, std::uint32_t lines,
                    std::uint64_t epoch) noexcept;

 private:
  static constexpr std::uint32_t kLinesAtRest = 64;
  static constexpr std::uint32_t kLinesUnderLoad = 1;

  void flush_lines(std::uint32_t lines) noexcept;
  void prefetch_next() const noexcept;
  [[nodiscard]] MappingCounters* counters_of(const CachedTranslation& entry) const noexcept {
    return (entry.epoch() == epoch_ ? counters_ : previous_counters_) + entry.translation.mapping;
  }

  CachedTranslation* entries_;
  std::uint64_t epoch_ = 0;  ///< of entries of this table
  std::uint64_t version_ = 0;
  std::uint64_t previous_version_ = 0;
  MappingCounters* counters_ = nullptr;
  MappingCounters* previous_counters_ = nullptr;
  std::uint32_t lines_ = 0;           ///< that this table uses
  std::uint32_t next_line_ = 0;       ///< to flush
  std::uint32_t pending_lines_ = 0;   ///< from there on
  std::uint32_t previous_lines_ = 0;  ///< of them, those with counts of the previous table
  CoarseTime last_counted_ = 0;
};

}  // namespace natto
