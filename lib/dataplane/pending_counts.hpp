#pragma once

// Packets and bytes are counted beside what a worker remembers of their addresses, since that line
// is at hand and the counters of mappings, rules and limits are elsewhere. They are pending there
// until they are flushed: added to those counters, a little after every burst.

#include <rte_prefetch.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/coarse_clock.hpp"
#include "policy/limit.hpp"
#include "table/mapping_counters.hpp"
#include "table/rule_counters.hpp"

namespace natto {

/// What one worker writes of one table: arrays by mapping, rule and limit.
struct TableCounters {
  MappingCounters* mappings = nullptr;
  RuleCounters* rules = nullptr;
  LimitShare* limits = nullptr;
};

/// Packets and their bytes in one word, so that one addition counts both.
class PendingCount {
 public:
  static constexpr unsigned kPacketsShift = 40;
  static constexpr std::uint64_t kMostPackets = std::uint64_t{1} << (64U - kPacketsShift);

  /// A packet of `bytes`.
  [[nodiscard]] static constexpr PendingCount of_one(std::uint64_t bytes) noexcept {
    PendingCount count;
    count.word_ = (std::uint64_t{1} << kPacketsShift) + bytes;
    return count;
  }
  void add(PendingCount more) noexcept { word_ += more.word_; }

  [[nodiscard]] bool empty() const noexcept { return word_ == 0; }
  [[nodiscard]] std::uint64_t packets() const noexcept { return word_ >> kPacketsShift; }
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return word_ & ((std::uint64_t{1} << kPacketsShift) - 1);
  }

 private:
  std::uint64_t word_ = 0;
};

/// The counts of one worker that are not yet in a table's counters. When the table changes, what is
/// pending for the old one's counters is flushed first, and until it is, the old table must stay
/// (oldest_version).
///
/// Used by that worker. Its entries are those of a cache, whole cache lines of them: each has an
/// epoch(), a PendingCount `pending`, flush_to(counters, time) and prefetch(counters).
template <typename Entry>
class PendingCounts {
 public:
  /// Between two visits to an entry there are at most this many calls of flush_some.
  static constexpr std::uint32_t kMostBursts = 1U << 18U;
  static constexpr std::size_t kEntriesOfLine = 64 / sizeof(Entry);

  explicit PendingCounts(Entry* entries) noexcept : entries_(entries) {}

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
      flush_lines(idle || previous_lines_ != 0 ? kLinesAtRest : lines_under_load());
      prefetch_next();
    }
  }

  /// Flushes every entry.
  void flush_all() noexcept { flush_lines(UINT32_MAX); }

  /// Puts `entry`, which is of this table, into one of two places. Where both are taken, what is in
  /// `first` moves to `second`, and what is there gives way: then it returns true.
  bool put(const Entry& entry, Entry& first, Entry& second) noexcept {
    for (Entry* place : {&first, &second}) {
      if (place->epoch() != epoch_) {  // never used, or of an older table
        flush(*place);
        *place = entry;
        return false;
      }
    }
    flush(second);
    second = first;
    first = entry;
    return true;
  }

  /// The oldest version of the table for whose counters something is pending; 0: there is none.
  [[nodiscard]] std::uint64_t oldest_version() const noexcept {
    return previous_lines_ != 0 ? previous_version_ : pending_lines_ != 0 ? version_ : 0;
  }

  /// Entries of `epoch` are of the table `version` from now on; it uses the first `lines` lines,
  /// and `counters` are the worker's of it.
  void change_table(std::uint64_t version, const TableCounters& counters, std::uint32_t lines,
                    std::uint64_t epoch) noexcept {
    if (previous_lines_ != 0) {  // two changes in a row
      flush_all();
    }
    const std::uint32_t lines_pending = pending_lines_ != 0 ? lines_ : 0;
    previous_version_ = std::exchange(version_, version);
    previous_counters_ = std::exchange(counters_, counters);
    epoch_ = epoch;
    lines_ = lines;
    next_line_ = 0;
    previous_lines_ = lines_pending;
    pending_lines_ = lines_pending;
  }

 private:
  static constexpr std::uint32_t kLinesAtRest = 64;
  [[nodiscard]] std::uint32_t lines_under_load() const noexcept {
    return (lines_ - 1) / kMostBursts + 1;
  }

  void flush(Entry& entry) noexcept {
    if (!entry.pending.empty()) {
      entry.flush_to(counters_of(entry), last_counted_);
      entry.pending = {};
    }
  }

  // While counts of the previous table are pending, their lines come first.
  void flush_lines(std::uint32_t lines) noexcept {
    for (std::uint32_t i = 0; i < lines && pending_lines_ != 0; ++i) {
      Entry* const line = &entries_[next_line_ * kEntriesOfLine];
      for (std::size_t j = 0; j < kEntriesOfLine; ++j) {
        flush(line[j]);
      }
      ++next_line_;
      --pending_lines_;
      if (previous_lines_ != 0 && --previous_lines_ == 0) {
        next_line_ = 0;
        pending_lines_ = lines_;
      } else if (previous_lines_ == 0 && next_line_ == lines_) {
        next_line_ = 0;
      }
    }
  }

  // The line after the next, and the counters of the next, which was brought the last time: so that
  // a flush waits for no memory.
  void prefetch_next() const noexcept {
    const Entry* const line = &entries_[next_line_ * kEntriesOfLine];
    for (std::size_t j = 0; j < kEntriesOfLine; ++j) {
      if (!line[j].pending.empty()) {
        line[j].prefetch(counters_of(line[j]));
      }
    }
    rte_prefetch0(line + kEntriesOfLine);
  }

  [[nodiscard]] const TableCounters& counters_of(const Entry& entry) const noexcept {
    return entry.epoch() == epoch_ ? counters_ : previous_counters_;
  }

  Entry* entries_;
  std::uint64_t epoch_ = 0;  ///< of entries of this table
  std::uint64_t version_ = 0;
  std::uint64_t previous_version_ = 0;
  TableCounters counters_;
  TableCounters previous_counters_;
  std::uint32_t lines_ = 0;           ///< that this table uses
  std::uint32_t next_line_ = 0;       ///< to flush
  std::uint32_t pending_lines_ = 0;   ///< from there on
  std::uint32_t previous_lines_ = 0;  ///< of them, those with counts of the previous table
  CoarseTime last_counted_ = 0;
};

}  // namespace natto
