#include "table/translation_table.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_hash_crc.h>
#include <rte_lcore.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "dpdk/crc32c.hpp"
#include "dpdk/error.hpp"

namespace natto {
namespace {

/// Prefix, scope and prefix length in one word, which the CPU makes without going through memory.
using Key = std::uint64_t;

[[nodiscard]] Key make_key(TranslationTable::Query query, std::uint8_t length) noexcept {
  const std::uint32_t mask = Be32::from_host(prefix_mask(length)).raw();
  return Key{query.address.bits.raw() & mask} << 32U | Key{query.scope} << 16U | length;
}

/// What has a translation of its own: the mappings, or the parts of them that the policy tells
/// apart.
[[nodiscard]] std::vector<Piece> pieces_of(const MappingTable& table) {
  if (table.compiled) {
    return table.compiled->pieces;
  }
  std::vector<Piece> pieces;
  pieces.reserve(table.mappings.size());
  for (std::uint32_t i = 0; i < table.mappings.size(); ++i) {
    pieces.push_back({.mapping = i, .real = table.mappings[i].real, .group = 0});
  }
  return pieces;
}

[[nodiscard]] std::vector<std::uint8_t> lengths_in_use(const std::vector<Piece>& pieces) {
  std::array<std::size_t, 33> uses{};
  for (const Piece& piece : pieces) {
    ++uses[piece.real.length];
  }
  std::vector<std::uint8_t> lengths;
  for (std::uint8_t length = 0; length <= 32; ++length) {
    if (uses[length] > 0) {
      lengths.push_back(length);
    }
  }
  std::ranges::sort(lengths, [&](auto a, auto b) { return uses[a] > uses[b]; });
  return lengths;
}

/// What is allocated of DPDK's memory now.
[[nodiscard]] std::size_t allocated_bytes() {
  std::size_t bytes = 0;
  for (unsigned i = 0; i < rte_socket_count(); ++i) {
    rte_malloc_socket_stats stats{};
    if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0) {
      bytes += stats.heap_allocsz_bytes;
    }
  }
  return bytes;
}

/// What rte_hash_crc, which rte_hash uses when it is filled, gives for a Key.
[[nodiscard]] hash_sig_t hash_of(Key key) noexcept { return crc32c(key); }

int differ(const void* a, const void* b, std::size_t /*length*/) {
  std::uint64_t left;
  std::uint64_t right;
  std::memcpy(&left, a, sizeof(left));
  std::memcpy(&right, b, sizeof(right));
  return left != right ? 1 : 0;
}

[[nodiscard]] rte_hash* create_hash(std::size_t keys, int socket) {
  // rte_hash needs a name that no other has; the table is found by its pointer only.
  static std::atomic<std::uint64_t> made{0};
  const std::string name = fmt::format("natto_table_{}", ++made);
  rte_hash_parameters parameters{};
  parameters.name = name.c_str();
  // Spare room keeps the buckets below 90 %, where inserting into a cuckoo hash never fails.
  parameters.entries = static_cast<std::uint32_t>(keys + keys / 8 + 64);
  parameters.key_len = sizeof(Key);
  parameters.hash_func = rte_hash_crc;
  parameters.socket_id = socket;
  rte_hash* hash = rte_hash_create(&parameters);
  if (hash != nullptr) {
    rte_hash_set_cmp_func(hash, differ);
  }
  return hash;
}

}  // namespace

Result<std::unique_ptr<const TranslationTable>> TranslationTable::build(const MappingTable& table,
                                                                        std::size_t workers,
                                                                        std::uint64_t version) {
  const auto out_of_memory = [&](int error) {
    Error failure =
        dpdk_error("build", fmt::format("the table of {} mappings", table.mappings.size()), error);
    failure.message += "\n  reserve more hugepages or memory";
    return failure;
  };

  const int socket = static_cast<int>(rte_socket_id());
  const std::size_t before = allocated_bytes();
  std::unique_ptr<TranslationTable> built(new TranslationTable);
  built->mappings_ = table.mappings.size();
  built->version_ = version;
  const std::vector<Piece> pieces = pieces_of(table);
  built->hash_.reset(create_hash(2 * pieces.size(), socket));
  if (!built->hash_) {  // rte_errno may be of a look-up for the name
    return out_of_memory(ENOMEM);
  }
  built->translations_ = make_rte_array<Translation>(2 * pieces.size(), socket);
  if (!built->translations_) {
    return out_of_memory(ENOMEM);
  }
  for (std::size_t worker = 0; worker < workers; ++worker) {
    built->counters_.push_back(make_rte_array<MappingCounters>(table.mappings.size(), socket));
    if (!built->counters_.back()) {
      return out_of_memory(ENOMEM);
    }
  }
  if (!built->make_policy(table, workers, socket)) {
    return out_of_memory(ENOMEM);
  }
  built->lengths_ = lengths_in_use(pieces);
  Translation* next = built->translations_.get();
  const auto add = [&](Query query, std::uint8_t length, const Translation& translation) {
    *next = translation;
    const Key key = make_key(query, length);
    return rte_hash_add_key_data(built->hash_.get(), &key, next++);
  };
  std::vector<KeptBits::ScopedPrefix> prefixes;
  prefixes.reserve(2 * pieces.size());
  for (const auto& [i, piece, group] : pieces) {
    const Mapping& m = table.mappings[i];
    const Translation out = Translation::of(m.real, m.mapped, m.realm, i, group);
    const Translation back = Translation::of(m.mapped, m.real, m.realm, i, group);
    const Ipv4Address other = out.apply(piece.address).address;
    const int real = add({real_scope(m.realm), piece.address}, piece.length, out);
    const int mapped = add({kMappedScope, other}, piece.length, back);
    if (real < 0 || mapped < 0) {
      return out_of_memory(std::min(real, mapped));
    }
    prefixes.push_back({real_scope(m.realm), piece});
    prefixes.push_back({kMappedScope, {other, piece.length}});
  }
  built->kept_bits_ = KeptBits(prefixes);
  built->memory_bytes_ =
      sizeof(TranslationTable) + allocated_bytes() - before + built->kept_bits_.memory_bytes();
  return std::unique_ptr<const TranslationTable>(std::move(built));
}

bool TranslationTable::make_policy(const MappingTable& table, std::size_t workers, int socket) {
  compiled_ = table.compiled;
  const std::vector<LimitRule>& limits = table.rules.limits;
  limit_buckets_ = make_rte_array<LimitBuckets>(limits.size(), socket);
  bool complete = limit_buckets_ != nullptr;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    rule_counters_.push_back(make_rte_array<RuleCounters>(table.rules.allow.size(), socket));
    limit_shares_.push_back(make_rte_array<LimitShare>(limits.size(), socket));
    complete = complete && rule_counters_.back() && limit_shares_.back();
  }
  for (std::size_t i = 0; complete && i < limits.size(); ++i) {
    constexpr std::uint64_t kLargestPacket = 9216;
    const LimitRule& limit = limits[i];
    const LimitRate packets{.per_second = limit.packets_per_second, .burst_ms = limit.burst_ms};
    const LimitRate bytes{.per_second = limit.bits_per_second / 8,
                          .burst_ms = limit.burst_ms,
                          .least_burst = kLargestPacket};
    std::construct_at(&limit_buckets_[i].packets, packets, rte_get_tsc_hz());
    std::construct_at(&limit_buckets_[i].bytes, bytes, rte_get_tsc_hz());
  }
  return complete;
}

// rte_hash has a key of 16 bytes for each entry, and 8 bytes of buckets and 4 of free slots for
// each of the next power of two. It has an eighth more entries than keys (create_hash).
std::size_t TranslationTable::bytes_per_mapping(std::size_t workers) noexcept {
  constexpr std::size_t kKeys = 2;
  constexpr std::size_t kOfHash = kKeys * (16 + 2 * (8 + 4)) * 9 / 8;
  return kOfHash + kKeys * sizeof(Translation) + workers * sizeof(MappingCounters);
}

void TranslationTable::look_up(std::span<const Query> queries,
                               std::span<const Translation*> answers) const noexcept {
  std::array<Key, kMaxQueries> keys;
  std::array<const void*, kMaxQueries> key_pointers;
  std::array<hash_sig_t, kMaxQueries> hashes;
  std::array<void*, kMaxQueries> found;
  std::array<std::uint8_t, kMaxQueries> open;  // indices of the queries without an answer yet

  if (queries.empty()) {
    return;
  }
  auto open_count = static_cast<std::uint32_t>(queries.size());
  for (std::uint32_t i = 0; i < open_count; ++i) {
    open[i] = static_cast<std::uint8_t>(i);
    answers[i] = nullptr;
  }
  for (const std::uint8_t length : lengths_) {
    for (std::uint32_t i = 0; i < open_count; ++i) {
      keys[i] = make_key(queries[open[i]], length);
      key_pointers[i] = &keys[i];
      hashes[i] = hash_of(keys[i]);
    }
    std::uint64_t hits = 0;
    if (open_count == 1) {  // of a burst, often one address has no mapping
      hits = rte_hash_lookup_with_hash_data(hash_.get(), keys.data(), hashes[0], found.data()) >= 0;
    } else {
      rte_hash_lookup_with_hash_bulk_data(hash_.get(), key_pointers.data(), hashes.data(),
                                          open_count, &hits, found.data());
    }

    std::uint32_t still_open = 0;
    for (std::uint32_t i = 0; i < open_count; ++i) {
      if ((hits >> i & 1U) != 0) {
        answers[open[i]] = static_cast<const Translation*>(found[i]);
        rte_prefetch0(found[i]);
      } else {
        open[still_open++] = open[i];
      }
    }
    open_count = still_open;
    if (open_count == 0) {
      return;
    }
  }
}

const Translation* TranslationTable::look_up(Query query) const noexcept {
  const Translation* answer = nullptr;
  look_up({&query, 1}, {&answer, 1});
  return answer;
}

}  // namespace natto
