#include "dataplane/pending_counts.hpp"

#include <utility>

namespace natto {

void PendingCounts::change_table(std::uint64_t version, MappingCounters* counters,
                                 std::uint32_t lines, std::uint64_t epoch) noexcept {
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

// While counts of the previous table are pending, their lines come first.
void PendingCounts::flush_lines(std::uint32_t lines) noexcept {
  for (std::uint32_t i = 0; i < lines && pending_lines_ != 0; ++i) {
    CachedTranslation* line = &entries_[next_line_ * kEntriesOfLine];
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
void PendingCounts::prefetch_next() const noexcept {
  const CachedTranslation* line = &entries_[next_line_ * kEntriesOfLine];
  for (std::size_t j = 0; j < kEntriesOfLine; ++j) {
    if (line[j].pending != 0) {
      rte_prefetch0(counters_of(line[j]));
    }
  }
  rte_prefetch0(line + kEntriesOfLine);
}

void PendingCounts::flush(CachedTranslation& entry) noexcept {
  if (entry.pending == 0) {
    return;
  }
  const std::uint64_t packets = entry.pending >> CachedTranslation::kPacketsShift;
  const std::uint64_t bytes =
      entry.pending & ((std::uint64_t{1} << CachedTranslation::kPacketsShift) - 1);
  entry.pending = 0;
  MappingCounters& counters = *counters_of(entry);
  if (entry.is_of_mapped_address()) {
    counters.count_to(packets, bytes, last_counted_);
  } else {
    counters.count_from(packets, bytes, last_counted_);
  }
}

}  // namespace natto
