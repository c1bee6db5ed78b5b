#pragma once

#include <cstdint>

#include "dataplane/pending_counts.hpp"
#include "packet/translation.hpp"
#include "table/translation_table.hpp"

namespace natto {

/// What a worker keeps of one address, in half a cache line: the translation, which belongs to the
/// TranslationCache, and beside it, since the line is at hand then, what was counted of it and is
/// pending, which belongs to the PendingCounts.
struct CachedTranslation {
  /// Scope and epoch, above the address in a key.
  using Tag = std::uint64_t;
  static constexpr unsigned kScopeShift = 32;
  static constexpr unsigned kEpochShift = 40;
  static constexpr std::uint64_t kEpochs = std::uint64_t{1} << (64U - kEpochShift);
  static constexpr Tag kMappedTag = 0xff;
  static_assert(kMaxPorts < kMappedTag);

  std::uint64_t key;  ///< tag, and kept bits of the address; no look-up has the epoch 0
  Translation translation;
  PendingCount pending;  ///< of packets whose address it is

  void flush_to(const TableCounters& counters, CoarseTime now) const noexcept {
    MappingCounters& mapping = counters.mappings[translation.mapping];
    if (is_of_mapped_address()) {
      mapping.count_to(pending.packets(), pending.bytes(), now);
    } else {
      mapping.count_from(pending.packets(), pending.bytes(), now);
    }
  }
  void prefetch(const TableCounters& counters) const noexcept {
    rte_prefetch0(&counters.mappings[translation.mapping]);
  }

  [[nodiscard]] std::uint64_t epoch() const noexcept { return key >> kEpochShift; }
  [[nodiscard]] bool is_of_mapped_address() const noexcept {
    return (key >> kScopeShift & 0xffU) == kMappedTag;
  }
  [[nodiscard]] static Tag tag(AddressScope scope, std::uint64_t epoch) noexcept {
    const Tag of_scope = scope == kMappedScope ? kMappedTag : scope;
    return epoch << kEpochShift | of_scope << kScopeShift;
  }
};
static_assert(sizeof(CachedTranslation) == 32);

}  // namespace natto
