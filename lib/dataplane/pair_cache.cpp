#include "dataplane/pair_cache.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>

#include "dpdk/error.hpp"

namespace natto {
namespace {

/// Entries for a table that tells `addresses` apart: enough for a host to talk to several, and not
/// more, since all of them are visited again and again for what is pending.
std::size_t pairs_for(std::size_t addresses) noexcept {
  constexpr std::size_t kPairsOfAddress = 64;
  constexpr std::size_t kFewest = 16384;
  constexpr std::size_t kMost = PairCache::kMostEntries;
  return std::bit_ceil(std::clamp(addresses, kFewest / kPairsOfAddress, kMost / kPairsOfAddress) *
                       kPairsOfAddress);
}

/// The policy's part of an entry.
void set_rules(CachedPair& pair, const PairRules& rules, std::uint8_t protocol) noexcept {
  const bool has_limit = rules.limit != PairRules::kNone;
  if (!rules.complete || (has_limit && rules.limit >= CachedPair::kNoLimit)) {
    return;
  }
  pair.complete = true;
  pair.ports = rules.ports;
  pair.asked_port = rules.source_opens ? CachedPair::kOfDestination : CachedPair::kOfSource;
  if (protocol == protocol::kTcp && !rules.source_opens) {
    pair.noticed_flags = TcpHeader::kSyn | TcpHeader::kAck;  // who may not open, tries to
  }
  if (has_limit) {
    pair.limit = static_cast<std::uint16_t>(rules.limit);
  }
  if (rules.rule != PairRules::kNone) {
    pair.rule = {.index = rules.rule & Policy::RuleOfGrant::kNone, .reversed = !rules.there};
  }
}

}  // namespace

Result<PairCache> PairCache::create(int socket) {
  RteArray<CachedPair> entries = make_rte_array<CachedPair>(kMostEntries, socket);
  if (!entries) {
    return dpdk_error("allocate", "a worker's cache of pairs", ENOMEM);
  }
  return PairCache(std::move(entries));
}

void PairCache::remember(const Pair& pair, const Translation& source,
                         const Translation& destination, const TranslationTable& table) noexcept {
  if (to_pass_over_ != 0) {
    --to_pass_over_;
    return;
  }
  const Reader places = reader();
  const Key key = key_of(pair);
  CachedPair* const first = places.place_of(key);
  CachedPair* const second = places.beside(first);
  if (first->is(key.addresses, key.tag) ||
      second->is(key.addresses, key.tag)) {  // met twice in a burst
    return;
  }
  CachedPair entry{.addresses = key.addresses,
                   .tag = key.tag,
                   .delta = source.delta + destination.delta,
                   .realm = destination.realm,
                   .exchanged_bits = std::bit_cast<AddressPair>(
                       std::array{source.exchanged_bits_raw, destination.exchanged_bits_raw}),
                   .pending = {},
                   .source_mapping = source.mapping,
                   .destination_mapping = destination.mapping,
                   .source_group = source.group,
                   .destination_group = destination.group};
  if (const Policy* policy = table.policy()) {
    set_rules(entry, policy->rules_of(source.group, destination.group, pair.protocol),
              pair.protocol);
  } else {
    entry.ports = PairRules::kAnyPort;
  }
  if (pair.clamps_mss && pair.protocol == protocol::kTcp) {
    entry.noticed_flags = TcpHeader::kSyn;
  }
  if (pending_.put(entry, *first, *second)) {
    to_pass_over_ = kPassedOver;
  }
}

void PairCache::change_table(const TranslationTable& table, std::size_t worker) noexcept {
  const std::size_t entries = pairs_for(table.kept_bits().addresses());
  kept_bits_ = &table.kept_bits();
  index_mask_ = static_cast<std::uint32_t>(entries - 1);
  version_ = table.version();
  epoch_ += CachedPair::kEpochStep;
  if (epoch_ == 0) {  // it comes round: what an epoch of the same number left is still there
    pending_.flush_all();
    std::fill_n(entries_.get(), kMostEntries, CachedPair{});
    epoch_ = CachedPair::kEpochStep;
  }
  pending_.change_table(version_,
                        {.mappings = table.counters(worker),
                         .rules = table.rule_counters(worker),
                         .limits = table.limit_shares(worker)},
                        static_cast<std::uint32_t>(entries / Pending::kEntriesOfLine), epoch_);
}

}  // namespace natto
