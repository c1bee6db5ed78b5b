#pragma once

// Recent answers of one worker: what the table said of a packet's two addresses. Most packets
// belong to a flow that was seen a moment ago, and this costs one cache line where the table costs
// several.

#include <rte_hash_crc.h>
#include <rte_prefetch.h>

#include <array>
#include <cstdint>
#include <utility>

#include "base/result.hpp"
#include "dataplane/generation.hpp"
#include "dpdk/memory.hpp"

namespace natto {

/// Two-way set-associative. It remembers pairs of which both addresses are mapped, and forgets all
/// of them when the table changes, so it never says anything but what the table of now says.
///
/// Used by one worker.
class FlowCache {
 public:
  struct Key {
    std::uint32_t real_raw;
    std::uint32_t mapped_raw;
    RealmId realm;
  };
  struct Answer {
    const Translation* source = nullptr;  ///< null: not remembered
    const Translation* destination = nullptr;
  };

  /// Control side: allocates 2 MiB.
  [[nodiscard]] static Result<FlowCache> create(int socket);

  /// Before the look-ups of a burst that is answered by the generation with this serial number.
  void use(std::uint64_t generation_serial) noexcept {
    if (generation_serial != serial_) [[unlikely]] {
      forget();
      serial_ = generation_serial;
    }
  }

  [[nodiscard]] static std::uint32_t hash(const Key& key) noexcept {
    return rte_hash_crc_8byte(std::uint64_t{key.real_raw} << 32 | key.mapped_raw, key.realm);
  }
  void prefetch(std::uint32_t hash) const noexcept { rte_prefetch0(&set(hash)); }

  [[nodiscard]] Answer find(const Key& key, std::uint32_t hash) const noexcept {
    for (const Entry& entry : set(hash)) {
      if (entry.real_raw == key.real_raw && entry.mapped_raw == key.mapped_raw &&
          entry.realm_and_epoch == tag(key)) {
        return {entry.source, entry.destination};
      }
    }
    return {};
  }

  /// In place of the one of its set that was remembered longer ago.
  void remember(const Key& key, std::uint32_t hash, const Answer& answer) noexcept {
    Set& of = set(hash);
    of[1] = of[0];
    of[0] = {.real_raw = key.real_raw,
             .mapped_raw = key.mapped_raw,
             .realm_and_epoch = tag(key),
             .source = answer.source,
             .destination = answer.destination};
  }

 private:
  struct Entry {
    std::uint32_t real_raw;
    std::uint32_t mapped_raw;
    std::uint64_t realm_and_epoch;  ///< no key has the epoch 0
    const Translation* source;
    const Translation* destination;
  };
  using Set = std::array<Entry, 2>;
  static_assert(sizeof(Set) == RTE_CACHE_LINE_SIZE);

  static constexpr std::size_t kSets = 1 << 15;

  explicit FlowCache(RteArray<Set> sets) noexcept : sets_(std::move(sets)) {}

  [[nodiscard]] std::uint64_t tag(const Key& key) const noexcept {
    return epoch_ << 8U | key.realm;
  }
  [[nodiscard]] Set& set(std::uint32_t hash) const noexcept { return sets_[hash % kSets]; }
  void forget() noexcept { ++epoch_; }

  RteArray<Set> sets_;
  std::uint64_t serial_ = 0;
  std::uint64_t epoch_ = 0;  ///< counts the tables; of 56 bits, so it never comes round
};

}  // namespace natto
