#include "dataplane/translation_cache.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include "dpdk/error.hpp"

namespace natto {
namespace {

/// Entries for a table that tells `addresses` apart: so many that nearly all lie in their first
/// place, and not more, since what lies close together takes less of the CPU's caches.
std::size_t entries_for(std::size_t addresses) noexcept {
  constexpr std::size_t kFewest = 256;
  constexpr std::size_t kMost = TranslationCache::kMostEntries;
  return std::bit_ceil(std::clamp(addresses, kFewest / 4, kMost / 4) * 4);
}

}  // namespace

Result<TranslationCache> TranslationCache::create(int socket) {
  RteArray<Entry> entries = make_rte_array<Entry>(kMostEntries, socket);
  if (!entries) {
    return dpdk_error("allocate", "a worker's translation cache", ENOMEM);
  }
  return TranslationCache(std::move(entries));
}

void TranslationCache::remember(Generation::Query query, const Translation& translation) noexcept {
  if (to_pass_over_ != 0) {
    --to_pass_over_;
    return;
  }
  const Reader places = reader();
  const std::uint64_t key = places.key_of(tag(query.scope), query.address);
  const Entry entry{.key = key, .translation = translation, .owed = 0};
  Entry* const first = places.place_of(key);
  Entry* const second = places.other_half(first);
  if (first->key == key || second->key == key) {  // asked for twice in a burst
    return;
  }
  for (Entry* place : {first, second}) {
    if (!is_current(*place)) {  // never used, or of an older table
      settle(*place);
      *place = entry;
      return;
    }
  }
  settle(*second);
  *second = *first;
  *first = entry;
  to_pass_over_ = kPassedOver;
}

void TranslationCache::change_table(const Generation& table, std::size_t worker) noexcept {
  constexpr std::uint64_t kEpochs = std::uint64_t{1} << (64U - kEpochShift);
  if (previous_lines_ != 0) {  // two changes in a row
    settle_all();
  }
  const std::uint32_t lines_owing = unsettled_lines_ != 0 ? lines_ : 0;
  previous_serial_ = std::exchange(serial_, table.serial());
  previous_counters_ = std::exchange(counters_, table.counters(worker));
  kept_bits_raw_ = table.distinguished_bits_raw();
  const std::size_t entries = entries_for(table.distinguished_addresses());
  index_mask_ = static_cast<std::uint32_t>(entries - 1);
  lines_ = static_cast<std::uint32_t>(entries / kEntriesOfLine);
  next_line_ = 0;
  previous_lines_ = lines_owing;
  unsettled_lines_ = lines_owing;
  if (++epoch_ == kEpochs) {  // come round: what an epoch of the same number left is still there
    settle_all();
    std::fill_n(entries_.get(), kMostEntries, Entry{});
    epoch_ = 1;
  }
}

// While the previous table is owed something, its lines come first.
void TranslationCache::settle(std::uint32_t lines) noexcept {
  for (std::uint32_t i = 0; i < lines && unsettled_lines_ != 0; ++i) {
    Entry* line = &entries_[next_line_ * kEntriesOfLine];
    for (std::size_t j = 0; j < kEntriesOfLine; ++j) {
      settle(line[j]);
    }
    ++next_line_;
    --unsettled_lines_;
    if (previous_lines_ != 0 && --previous_lines_ == 0) {
      next_line_ = 0;
      unsettled_lines_ = lines_;
    } else if (previous_lines_ == 0 && next_line_ == lines_) {
      next_line_ = 0;
    }
  }
}

// The line after the next, and the counters of the next, which was brought the last time: so that
// settling waits for no memory.
void TranslationCache::prefetch_next() const noexcept {
  const Entry* line = &entries_[next_line_ * kEntriesOfLine];
  for (std::size_t j = 0; j < kEntriesOfLine; ++j) {
    if (line[j].owed != 0) {
      rte_prefetch0(counters_of(line[j]));
    }
  }
  rte_prefetch0(line + kEntriesOfLine);
}

void TranslationCache::settle(Entry& entry) noexcept {
  if (entry.owed == 0) {
    return;
  }
  const std::uint64_t packets = entry.owed >> Entry::kPacketsShift;
  const std::uint64_t bytes = entry.owed & ((std::uint64_t{1} << Entry::kPacketsShift) - 1);
  entry.owed = 0;
  MappingCounters& counters = *counters_of(entry);
  if ((entry.key >> kScopeShift & 0xffU) == kMappedTag) {
    counters.count_to(packets, bytes, last_counted_);
  } else {
    counters.count_from(packets, bytes, last_counted_);
  }
}

}  // namespace natto
