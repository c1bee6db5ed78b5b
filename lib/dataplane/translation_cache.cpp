#include "dataplane/translation_cache.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include "dpdk/error.hpp"

namespace natto {
namespace {

constexpr std::size_t kFewest = 256;
constexpr std::size_t kMany = std::size_t{1} << 18U;
constexpr std::size_t kMost = std::size_t{1} << 22U;

/// Entries for a table that tells `addresses` apart: so many that nearly all lie in their first
/// place, and not more, since what lies close together takes less of the CPU's caches. Of many
/// addresses hardly all are in use.
std::size_t entries_for(std::size_t addresses) noexcept {
  const std::size_t entries = std::max(std::min(addresses * 4, kMany), addresses * 2);
  return std::bit_ceil(std::clamp(entries, kFewest, kMost));
}

/// Entries for the tables of a natto that starts with `mappings`.
std::size_t capacity_for(std::size_t mappings) noexcept {
  return std::max(entries_for(2 * mappings), kMany);
}

}  // namespace

std::size_t TranslationCache::bytes_for(std::size_t mappings) noexcept {
  return capacity_for(mappings) * sizeof(CachedTranslation);
}

Result<TranslationCache> TranslationCache::create(int socket, std::size_t mappings) {
  const std::size_t capacity = capacity_for(mappings);
  RteArray<CachedTranslation> entries = make_rte_array<CachedTranslation>(capacity, socket);
  if (!entries) {
    return dpdk_error("allocate", "a worker's translation cache", ENOMEM);
  }
  return TranslationCache(std::move(entries), capacity);
}

void TranslationCache::remember(TranslationTable::Query query,
                                const Translation& translation) noexcept {
  if (to_pass_over_ != 0) {
    --to_pass_over_;
    return;
  }
  const Reader places = reader();
  const Key key = key_of(query);
  const CachedTranslation entry{.key = key, .translation = translation, .pending = {}};
  CachedTranslation* const first = places.place_of(key);
  CachedTranslation* const second = places.other_half(first);
  if (first->key == key || second->key == key) {  // looked up twice in a burst
    return;
  }
  if (pending_.put(entry, *first, *second)) {
    to_pass_over_ = kPassedOver;
  }
}

void TranslationCache::change_table(const TranslationTable& table, std::size_t worker) noexcept {
  const std::size_t entries = std::min(entries_for(table.kept_bits().addresses()), capacity_);
  kept_bits_ = &table.kept_bits();
  index_mask_ = static_cast<std::uint32_t>(entries - 1);
  version_ = table.version();
  ++epoch_;
  const bool comes_round = epoch_ == CachedTranslation::kEpochs;
  if (comes_round) {  // what an epoch of the same number left is still there
    pending_.flush_all();
    std::fill_n(entries_.get(), capacity_, CachedTranslation{});
    epoch_ = 1;
  }
  pending_.change_table(version_, {.mappings = table.counters(worker)},
                        static_cast<std::uint32_t>(entries / Pending::kEntriesOfLine), epoch_);
}

}  // namespace natto
