#include "dataplane/pair_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "eal/lab.hpp"

namespace natto {
namespace {

using test::kA;
using test::kB;
using test::make_mapping;

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

Ipv4Address at(const char* text) { return parse_ipv4_address(text).value(); }

AddressPair pair_of(Ipv4Address source, Ipv4Address destination) {
  return std::bit_cast<AddressPair>(std::array{source, destination});
}

std::uint64_t next_version() {
  static std::uint64_t version = 0;
  return ++version;
}

std::unique_ptr<const TranslationTable> table_of(std::vector<Mapping> mappings) {
  return TranslationTable::build({std::move(mappings)}, 1, next_version()).value();
}

class PairCacheTest : public testing::Test {
 protected:
  PairCacheTest() { cache.use(*table, 0); }

  PairCache::Key key_of(AddressPair addresses, RealmId from = kA, std::uint8_t protocol = kUdp) {
    return cache.key_of(
        {.from = from, .protocol = protocol, .clamps_mss = false, .addresses = addresses});
  }
  CachedPair* find(AddressPair addresses, RealmId from = kA, std::uint8_t protocol = kUdp) {
    const PairCache::Reader reader = cache.reader();
    const PairCache::Key key = key_of(addresses, from, protocol);
    return reader.find(key, reader.prefetch(key));
  }
  /// Looks both addresses up in the table, which has to have them, and remembers the answers.
  void remember(Ipv4Address source, Ipv4Address destination, RealmId from = kA,
                std::uint8_t protocol = kUdp, bool clamps_mss = false) {
    const Translation* of_source = table->find_real(from, source);
    const Translation* of_destination = table->find_mapped(destination);
    ASSERT_NE(of_source, nullptr);
    ASSERT_NE(of_destination, nullptr);
    cache.remember({.from = from,
                    .protocol = protocol,
                    .clamps_mss = clamps_mss,
                    .addresses = pair_of(source, destination)},
                   *of_source, *of_destination, *table);
  }
  void remember_both_ways() {
    remember(host_a, mapped_b);
    remember(host_b, mapped_a, kB);
  }
  /// A packet from host-a to host-b.
  void count(std::uint64_t bytes) {
    find(there)->pending.add(PendingCount::of_one(bytes));
    cache.pending().counted(CoarseTime{9});
  }
  void change_table(std::vector<Mapping> mappings) {
    table = table_of(std::move(mappings));
    cache.use(*table, 0);
  }

  /// Pairs that all belong into the place of 10.0.0.1 and 10.9.9.9, by trial; any table will do.
  std::vector<AddressPair> of_one_place(std::size_t count) {
    const PairCache::Reader reader = cache.reader();
    const auto* place = reader.prefetch(key_of(pair_of(at("10.0.0.1"), at("10.9.9.9"))));
    std::vector<AddressPair> pairs;
    for (std::uint32_t host = 0x0a000001; pairs.size() < count; ++host) {
      const AddressPair pair = pair_of(Ipv4Address::from_host(host), at("10.9.9.9"));
      if (reader.prefetch(key_of(pair)) == place) {
        pairs.push_back(pair);
      }
    }
    return pairs;
  }
  /// Remembers host-a's and host-b's translations under other addresses.
  void remember_as(AddressPair addresses) {
    cache.remember({.from = kA, .protocol = kUdp, .clamps_mss = false, .addresses = addresses},
                   *table->find_real(kA, host_a), *table->find_mapped(mapped_b), *table);
  }

  const Ipv4Address host_a = at("10.1.1.10");
  const Ipv4Address mapped_a = at("172.31.1.10");
  const Ipv4Address host_b = at("192.168.7.20");
  const Ipv4Address mapped_b = at("172.30.7.20");
  const AddressPair there = pair_of(host_a, mapped_b);
  const AddressPair back = pair_of(host_b, mapped_a);
  const std::vector<Mapping> hosts = {make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10"),
                                      make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")};
  std::unique_ptr<const TranslationTable> table = table_of(hosts);
  PairCache cache = PairCache::create(0).value();
};

TEST_F(PairCacheTest, R1_RemembersExactlyThePairItsRealmAndItsProtocol) {
  EXPECT_EQ(find(there), nullptr);
  remember(host_a, mapped_b);
  const CachedPair* const pair = find(there);
  ASSERT_NE(pair, nullptr);
  EXPECT_EQ(pair->apply(there).source, mapped_a);
  EXPECT_EQ(pair->apply(there).destination, host_b);
  EXPECT_EQ(pair->realm, kB);
  EXPECT_EQ(find(there, kB), nullptr);
  EXPECT_EQ(find(there, kA, kTcp), nullptr);
  EXPECT_EQ(find(pair_of(mapped_b, host_a)), nullptr);
  EXPECT_EQ(find(pair_of(at("10.1.1.11"), mapped_b)), nullptr);
  EXPECT_EQ(find(pair_of(host_a, at("172.30.7.21"))), nullptr);
}

TEST_F(PairCacheTest, AnEmptyCacheKnowsNotEvenTheZeroAddresses) {
  EXPECT_EQ(find(0, 0, 0), nullptr);
}

TEST_F(PairCacheTest, F1_ForgetsEverythingWhenTheTableChanges) {
  remember_both_ways();
  cache.use(*table, 0);
  EXPECT_NE(find(there), nullptr);
  const auto first = std::move(table);
  change_table(hosts);
  EXPECT_EQ(find(there), nullptr);
  EXPECT_EQ(find(back, kB), nullptr);
  remember_both_ways();
  EXPECT_NE(find(there), nullptr) << "beside what an older table left";
  cache.use(*first, 0);
  EXPECT_EQ(find(there), nullptr) << "what an earlier time with that table left";
}

TEST_F(PairCacheTest, F1_ForgetsWhenTheCountOfTablesComesRound) {
  // As many changes as there are epochs but the one of unused entries: the same number again.
  constexpr std::uint32_t kChanges = (1U << 16U) - 1;
  const auto other = table_of(hosts);
  remember_both_ways();
  for (std::uint32_t change = 0; change < kChanges; ++change) {
    cache.use(change % 2 == 0 ? *other : *table, 0);
    ASSERT_EQ(find(there), nullptr) << change;
  }
}

TEST_F(PairCacheTest, PairsThatTheTableDoesNotTellApartShareAPlace) {
  const Mapping offices = make_mapping("offices", kB, "10.34.0.0/20", "10.50.0.0/20");
  const Mapping people = make_mapping("people", kA, "10.1.0.0/20", "10.60.0.0/20");
  change_table({offices, people});
  remember(at("10.1.1.2"), at("10.50.1.2"));
  const AddressPair others = pair_of(at("10.1.15.255"), at("10.50.0.7"));
  ASSERT_NE(find(others), nullptr);
  EXPECT_EQ(find(others)->apply(others).source, at("10.60.15.255"));
  EXPECT_EQ(find(others)->apply(others).destination, at("10.34.0.7"));
  EXPECT_EQ(find(pair_of(at("10.1.16.0"), at("10.50.0.7"))), nullptr);
}

TEST_F(PairCacheTest, TwoOfOnePlaceFindRoom) {
  const std::vector<AddressPair> pairs = of_one_place(2);
  for (const AddressPair pair : pairs) {
    remember_as(pair);
    remember_as(pair);
  }
  for (const AddressPair pair : pairs) {
    EXPECT_NE(find(pair), nullptr);
  }
}

TEST_F(PairCacheTest, APairThatLastsFindsItsPlaceAndAScanDoesNotWashOutTheRest) {
  constexpr std::size_t kScan = PairCache::kPassedOver;
  const std::vector<AddressPair> pairs = of_one_place(3 + kScan + 1);
  for (std::size_t i = 0; i < 3; ++i) {
    remember_as(pairs[i]);
  }
  EXPECT_NE(find(pairs[2]), nullptr) << "in place of the oldest";
  EXPECT_NE(find(pairs[0]), nullptr) << "that was in the first place";
  EXPECT_EQ(find(pairs[1]), nullptr);
  for (std::size_t i = 3; i < 3 + kScan; ++i) {
    remember_as(pairs[i]);
    EXPECT_EQ(find(pairs[i]), nullptr);
  }
  EXPECT_NE(find(pairs[2]), nullptr) << "after a scan";
  EXPECT_NE(find(pairs[0]), nullptr);
  remember_as(pairs.back());
  EXPECT_NE(find(pairs.back()), nullptr) << "one in so many";
}

TEST_F(PairCacheTest, WithoutAPolicyEveryPortIsAllowed) {
  remember(host_a, mapped_b);
  const CachedPair* const pair = find(there);
  for (const std::uint32_t number : {0U, 1U, 0x7fffU, 0x8000U, 0xfffeU, 0xffffU}) {
    const auto port = static_cast<std::uint16_t>(number);
    EXPECT_LT(pair->ports[0].distance(port) | pair->ports[1].distance(port), 0) << port;
  }
  EXPECT_EQ(pair->noticed_flags, 0);
  EXPECT_EQ(pair->limit, CachedPair::kNoLimit);
  EXPECT_FALSE(pair->rule.exists());
}

TEST_F(PairCacheTest, R41_NoticesFirstSegmentsWhereTheirMssIsClamped) {
  remember(host_a, mapped_b, kA, kTcp, /*clamps_mss=*/true);
  remember(host_a, mapped_b, kA, kUdp, /*clamps_mss=*/true);
  EXPECT_EQ(find(there, kA, kTcp)->noticed_flags, TcpHeader::kSyn);
  EXPECT_EQ(find(there, kA, kUdp)->noticed_flags, 0);
}

TEST_F(PairCacheTest, WhatWasCountedReachesTheMappings) {
  remember_both_ways();
  EXPECT_EQ(cache.pending().oldest_version(), 0U) << "nothing is pending";
  count(100);
  count(1400);
  EXPECT_EQ(cache.pending().oldest_version(), table->version());
  cache.pending().flush_all();
  EXPECT_EQ(cache.pending().oldest_version(), 0U);
  const MappingCounters& a = table->counters(0)[0];
  const MappingCounters& b = table->counters(0)[1];
  EXPECT_EQ(a.from.packets.value(), 2U);
  EXPECT_EQ(a.from.bytes.value(), 1500U);
  EXPECT_EQ(a.last_from.value(), CoarseTime{9});
  EXPECT_EQ(a.to.packets.value(), 0U);
  EXPECT_EQ(b.to.packets.value(), 2U);
  EXPECT_EQ(b.to.bytes.value(), 1500U);
  EXPECT_EQ(b.last_to.value(), CoarseTime{9});
  EXPECT_EQ(b.from.packets.value(), 0U);
  cache.pending().flush_all();
  EXPECT_EQ(a.from.packets.value(), 2U) << "told once";
}

TEST_F(PairCacheTest, WhatGivesWayIsTold) {
  const std::vector<AddressPair> pairs = of_one_place(3);
  for (std::size_t i = 0; i < 2; ++i) {
    remember_as(pairs[i]);
    find(pairs[i])->pending.add(PendingCount::of_one(10));
    cache.pending().counted(CoarseTime{1});
  }
  remember_as(pairs[2]);
  EXPECT_EQ(table->counters(0)[0].from.packets.value(), 1U);
  find(pairs[2])->pending.add(PendingCount::of_one(10));
  cache.pending().flush_all();
  EXPECT_EQ(table->counters(0)[0].from.packets.value(), 3U);
  EXPECT_EQ(table->counters(0)[0].from.bytes.value(), 30U);
}

TEST_F(PairCacheTest, F3_WhatIsPendingForAnOldTableIsFlushedToIt) {
  remember_both_ways();
  count(100);
  const auto old_table = std::move(table);
  change_table({hosts[1], hosts[0]});
  EXPECT_EQ(cache.pending().oldest_version(), old_table->version());
  remember_both_ways();  // beside or in place of what the old table left
  count(7);
  for (int burst = 0; cache.pending().oldest_version() == old_table->version(); ++burst) {
    ASSERT_LT(burst, 256) << "soon, though the worker is busy";
    cache.pending().flush_some(/*idle=*/false);
    count(7);
  }
  EXPECT_EQ(old_table->counters(0)[0].from.bytes.value(), 100U);
  EXPECT_EQ(old_table->counters(0)[1].to.bytes.value(), 100U);
  EXPECT_EQ(cache.pending().oldest_version(), table->version());
  cache.pending().flush_all();
  EXPECT_EQ(old_table->counters(0)[0].from.bytes.value(), 100U);
  EXPECT_EQ(table->counters(0)[1].from.bytes.value(),
            table->counters(0)[1].from.packets.value() * 7);
  EXPECT_GE(table->counters(0)[1].from.packets.value(), 2U);
}

// PendingCounts has its other tests with the TranslationCache.

// The cache against the table itself, and its counts against a plain sum, through tables of all
// sizes.
TEST_F(PairCacheTest, F1_SaysWhatTheTableSaysAndCountsEveryPacket) {
  std::mt19937 random(7);
  const auto chance = [&random](std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
  };
  std::uint64_t counted = 0;
  std::uint64_t told = 0;
  const auto told_by = [](const TranslationTable& of, std::size_t mappings) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < mappings; ++i) {
      sum += of.counters(0)[i].from.packets.value();
      sum += of.counters(0)[i].to.packets.value();
    }
    return sum;
  };
  std::unique_ptr<const TranslationTable> previous;
  std::size_t previous_mappings = 0;
  for (std::size_t change = 0; change < 12; ++change) {
    const std::uint32_t size = std::array{40'000U, 50'000U, 3U, 2'000U}[change % 4];
    std::vector<Mapping> mappings;
    for (std::uint32_t i = 0; i < size; ++i) {
      const bool prefix = change % 3 == 0 && i % 2 == 0;
      const std::uint32_t offset = i << 4U;
      const auto length = static_cast<std::uint8_t>(prefix ? 28 : 32);
      mappings.push_back({.name = std::to_string(i),
                          .realm = static_cast<RealmId>(i % 2),
                          .real = {Ipv4Address::from_host(0x0a000000 + offset), length},
                          .mapped = {Ipv4Address::from_host(0xac000000 + offset), length}});
    }
    if (change % 2 == 0) {
      mappings.push_back(make_mapping("wide", kA, "11.0.0.0/12", "173.0.0.0/12"));
    }
    auto next = table_of(std::move(mappings));
    cache.use(*next, 0);
    for (int burst = 0; burst < 800; ++burst) {
      for (int i = 0; i < 8; ++i) {
        const auto from = static_cast<RealmId>(chance(2));
        const std::uint32_t span = (size << 4U) + 32;  // and some beyond the table
        const std::uint32_t often = std::min(span, 512U);
        const auto offset = [&] {
          if (chance(8) == 0) {
            return (1U << 24U) + chance((1U << 20U) + 32);  // the wide one
          }
          const std::uint32_t any = chance(chance(8) != 0 ? often : span);
          return chance(4) != 0 ? any & ~15U : any;  // mostly a host, not beside one
        };
        const Ipv4Address source = Ipv4Address::from_host(0x0a000000 + offset());
        const Ipv4Address destination = Ipv4Address::from_host(0xac000000 + offset());
        const Translation* of_source = next->find_real(from, source);
        const Translation* of_destination = next->find_mapped(destination);
        const AddressPair addresses = pair_of(source, destination);
        if (CachedPair* entry = find(addresses, from)) {
          ASSERT_NE(of_source, nullptr);
          ASSERT_NE(of_destination, nullptr);
          const NewAddresses now = entry->apply(addresses);
          ASSERT_EQ(now.source, of_source->apply(source).address);
          ASSERT_EQ(now.destination, of_destination->apply(destination).address);
          ASSERT_EQ(now.delta, of_source->delta + of_destination->delta);
          ASSERT_EQ(entry->realm, of_destination->realm);
          entry->pending.add(PendingCount::of_one(1));
          cache.pending().counted(CoarseTime{1});
          counted += 2;  // once from its source, once to its destination
        } else if (of_source != nullptr && of_destination != nullptr) {
          cache.remember(
              {.from = from, .protocol = kUdp, .clamps_mss = false, .addresses = addresses},
              *of_source, *of_destination, *next);
        }
      }
      cache.pending().flush_some(burst % 5 == 0);
      ASSERT_TRUE(cache.pending().oldest_version() == 0 ||
                  cache.pending().oldest_version() == next->version() ||
                  (previous && cache.pending().oldest_version() == previous->version()));
    }
    if (previous) {
      if (cache.pending().oldest_version() == previous->version()) {
        cache.pending().flush_all();
      }
      told += told_by(*previous, previous_mappings);
    }
    previous = std::move(next);
    previous_mappings = size + (change % 2 == 0 ? 1 : 0);
  }
  cache.pending().flush_all();
  told += told_by(*previous, previous_mappings);
  EXPECT_EQ(told, counted);
  EXPECT_GT(counted, 1'000U);
}

}  // namespace
}  // namespace natto
