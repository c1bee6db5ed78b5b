#pragma once

// One version of the mapping table as the packet path uses it: an rte_hash that is filled before
// anyone sees it and never changed after, so any number of workers read it without locks.
//
// A key is {scope, prefix length, prefix}. The scope is the realm for real addresses, and one more
// value for mapped addresses, so that source and destination are found by one bulk lookup. Prefixes
// of the table never overlap (R12), so each length in use is looked up once and the first hit is
// the only one; a table of hosts alone has one length, 32.

#include <rte_hash.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "config/model.hpp"
#include "dpdk/memory.hpp"
#include "packet/translation.hpp"
#include "policy/limit.hpp"
#include "policy/policy.hpp"
#include "table/kept_bits.hpp"
#include "table/mapping.hpp"
#include "table/mapping_counters.hpp"
#include "table/policy_compiler.hpp"
#include "table/rule_counters.hpp"

namespace natto {

class TranslationTable {
 public:
  struct Query {
    AddressScope scope;
    Ipv4Address address;
  };

  /// Queries of one look_up: rte_hash's limit.
  static constexpr std::size_t kMaxQueries = RTE_HASH_LOOKUP_BULK_MAX;

  /// For `workers` workers, as version `version`. Control side only: allocates and may take
  /// seconds. Fails if there is too little memory.
  [[nodiscard]] static Result<std::unique_ptr<const TranslationTable>> build(
      const MappingTable& table, std::size_t workers, std::uint64_t version);

  /// `answers[i]` becomes the translation of `queries[i]`, or null. Any worker; the answers live as
  /// long as the table.
  void look_up(std::span<const Query> queries,
               std::span<const Translation*> answers) const noexcept;

  [[nodiscard]] const Translation* look_up(Query query) const noexcept;
  [[nodiscard]] const Translation* find_real(RealmId realm, Ipv4Address address) const noexcept {
    return look_up({real_scope(realm), address});
  }
  [[nodiscard]] const Translation* find_mapped(Ipv4Address address) const noexcept {
    return look_up({kMappedScope, address});
  }

  /// By index of the mapping in the MappingTable. Written by `worker` alone.
  [[nodiscard]] MappingCounters* counters(std::size_t worker) const noexcept {
    return counters_[worker].get();
  }

  /// Who may talk to whom; null: everybody, as much as they like.
  [[nodiscard]] const Policy* policy() const noexcept {
    return compiled_ == nullptr ? nullptr : &compiled_->policy;
  }
  /// By index of the rule in the file. Written by `worker` alone.
  [[nodiscard]] RuleCounters* rule_counters(std::size_t worker) const noexcept {
    return rule_counters_[worker].get();
  }
  /// By index of the limit in the file: what all workers have, and what `worker` alone has.
  [[nodiscard]] LimitBuckets* limit_buckets() const noexcept { return limit_buckets_.get(); }
  [[nodiscard]] LimitShare* limit_shares(std::size_t worker) const noexcept {
    return limit_shares_[worker].get();
  }

  [[nodiscard]] std::size_t mappings() const noexcept { return mappings_; }

  /// As build() was told: no other table that the same workers use has or had it; never 0.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }

  /// The bits of addresses that decide what becomes of them.
  [[nodiscard]] const KeptBits& kept_bits() const noexcept { return kept_bits_; }

  /// All that it takes, counters included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return memory_bytes_; }

  /// Of DPDK's memory, what a mapping takes at most.
  [[nodiscard]] static std::size_t bytes_per_mapping(std::size_t workers) noexcept;

 private:
  struct HashDeleter {
    void operator()(rte_hash* hash) const noexcept { rte_hash_free(hash); }
  };

  TranslationTable() = default;
  [[nodiscard]] bool make_policy(const MappingTable& table, std::size_t workers, int socket);

  std::unique_ptr<rte_hash, HashDeleter> hash_;
  RteArray<Translation> translations_;  ///< what the hash's data pointers point at
  std::vector<std::uint8_t> lengths_;   ///< prefix lengths in use, the most frequent first
  std::vector<RteArray<MappingCounters>> counters_;  ///< by worker
  std::shared_ptr<const CompiledPolicy> compiled_;
  std::vector<RteArray<RuleCounters>> rule_counters_;  ///< by worker
  RteArray<LimitBuckets> limit_buckets_;
  std::vector<RteArray<LimitShare>> limit_shares_;  ///< by worker
  std::size_t mappings_ = 0;
  std::uint64_t version_ = 0;
  KeptBits kept_bits_;
  std::size_t memory_bytes_ = 0;
};

}  // namespace natto
