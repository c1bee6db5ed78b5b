#include "dataplane/translation_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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

constexpr AddressScope kMapped = kMappedScope;

Ipv4Address at(const char* text) { return parse_ipv4_address(text).value(); }

std::unique_ptr<const TranslationTable> table_of(std::vector<Mapping> mappings) {
  static std::uint64_t version = 0;
  return TranslationTable::build({std::move(mappings)}, 1, ++version).value();
}

class TranslationCacheTest : public testing::Test {
 protected:
  TranslationCacheTest() { cache.use(*table, 0); }

  /// Looks `address` up in the table and remembers the answer, which there must be.
  void remember(AddressScope scope, Ipv4Address address) {
    const Translation* answer = table->look_up({scope, address});
    ASSERT_NE(answer, nullptr);
    cache.remember({scope, address}, *answer);
  }
  CachedTranslation* find(AddressScope scope, Ipv4Address address) {
    const TranslationCache::Reader reader = cache.reader();
    const TranslationCache::Key key = cache.key_of({scope, address});
    return reader.find(key, reader.prefetch(key));
  }
  bool remembers(AddressScope scope, Ipv4Address address) {
    return find(scope, address) != nullptr;
  }
  /// A packet whose source and destination are host-a's and host-b's.
  void count(std::uint64_t bytes) {
    find(kA, at("10.1.1.10"))->pending.add(PendingCount::of_one(bytes));
    find(kMapped, at("172.30.7.20"))->pending.add(PendingCount::of_one(bytes));
    cache.pending().counted(CoarseTime{9});
  }
  void remember_both() {
    remember(kA, at("10.1.1.10"));
    remember(kMapped, at("172.30.7.20"));
  }
  void change_table(std::vector<Mapping> mappings) {
    table = table_of(std::move(mappings));
    cache.use(*table, 0);
  }

  /// Addresses of realm a that all belong into the place of 10.0.0.1, by trial; any table will do.
  std::vector<Ipv4Address> of_one_place(std::size_t count) {
    const TranslationCache::Reader reader = cache.reader();
    const auto place_of = [&](Ipv4Address address) {
      return reader.prefetch(cache.key_of({kA, address}));
    };
    const auto* place = place_of(at("10.0.0.1"));
    std::vector<Ipv4Address> addresses;
    for (std::uint32_t host = 0x0a000001; addresses.size() < count; ++host) {
      if (place_of(Ipv4Address::from_host(host)) == place) {
        addresses.push_back(Ipv4Address::from_host(host));
      }
    }
    return addresses;
  }

  const std::vector<Mapping> hosts = {make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10"),
                                      make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")};
  std::unique_ptr<const TranslationTable> table = table_of(hosts);
  TranslationCache cache = TranslationCache::create(0, 0).value();
};

TEST_F(TranslationCacheTest, R1_RemembersExactlyTheAddressAndTheScope) {
  EXPECT_FALSE(remembers(kA, at("10.1.1.10")));
  remember(kA, at("10.1.1.10"));
  ASSERT_TRUE(remembers(kA, at("10.1.1.10")));
  EXPECT_EQ(find(kA, at("10.1.1.10"))->translation.apply(at("10.1.1.10")).address,
            at("172.31.1.10"));
  EXPECT_FALSE(remembers(kB, at("10.1.1.10")));
  EXPECT_FALSE(remembers(kMapped, at("10.1.1.10")));
  EXPECT_FALSE(remembers(kA, at("10.1.1.11")));
  EXPECT_FALSE(remembers(kA, at("11.1.1.10")));
}

TEST_F(TranslationCacheTest, AnEmptyCacheKnowsNotEvenTheZeroAddress) {
  EXPECT_FALSE(remembers(kA, Ipv4Address{}));
  EXPECT_FALSE(remembers(kMapped, Ipv4Address{}));
}

TEST_F(TranslationCacheTest, F1_ForgetsEverythingWhenTheTableChanges) {
  remember_both();
  cache.use(*table, 0);
  EXPECT_TRUE(remembers(kA, at("10.1.1.10")));
  const auto first = std::move(table);
  change_table(hosts);
  EXPECT_FALSE(remembers(kA, at("10.1.1.10")));
  remember_both();
  EXPECT_TRUE(remembers(kA, at("10.1.1.10"))) << "beside what an older table left";
  cache.use(*first, 0);
  EXPECT_FALSE(remembers(kA, at("10.1.1.10"))) << "what an earlier time with that table left";
}

TEST_F(TranslationCacheTest, F1_ForgetsWhenTheCountOfTablesComesRound) {
  // As many changes as there are epochs but the one of unused entries: the same number again.
  constexpr std::uint64_t kChanges = (std::uint64_t{1} << 24U) - 1;
  const auto other = table_of(hosts);
  remember_both();
  for (std::uint64_t change = 0; change < kChanges; ++change) {
    cache.use(change % 2 == 0 ? *other : *table, 0);
  }
  EXPECT_FALSE(remembers(kA, at("10.1.1.10")));
  EXPECT_FALSE(remembers(kMapped, at("172.30.7.20")));
}

TEST_F(TranslationCacheTest, AddressesThatTheTableDoesNotTellApartShareAPlace) {
  const Mapping offices = make_mapping("offices", kB, "10.34.0.0/20", "10.50.0.0/20");
  change_table({offices});
  remember(kMapped, at("10.50.1.2"));
  ASSERT_TRUE(remembers(kMapped, at("10.50.15.255")));
  EXPECT_EQ(find(kMapped, at("10.50.15.255"))->translation.apply(at("10.50.15.255")).address,
            at("10.34.15.255"));
  EXPECT_FALSE(remembers(kMapped, at("10.50.16.0")));

  const Mapping host = make_mapping("host", kA, "10.1.1.10", "10.51.0.1");
  change_table({offices, host});
  remember(kMapped, at("10.50.1.2"));
  EXPECT_TRUE(remembers(kMapped, at("10.50.15.255"))) << "the host is elsewhere";
  remember(kMapped, at("10.51.0.1"));
  EXPECT_FALSE(remembers(kMapped, at("10.51.0.2")));
  EXPECT_FALSE(remembers(kMapped, at("10.51.0.0")));

  change_table({make_mapping("few", kB, "10.34.0.0/28", "10.50.0.0/28"), host});
  remember(kMapped, at("10.50.0.2"));
  EXPECT_TRUE(remembers(kMapped, at("10.50.0.2")));
  EXPECT_FALSE(remembers(kMapped, at("10.50.0.3"))) << "so few that each has its place";
}

TEST_F(TranslationCacheTest, TwoOfOnePlaceFindRoom) {
  const std::vector<Ipv4Address> addresses = of_one_place(2);
  for (const Ipv4Address address : addresses) {
    cache.remember({kA, address}, {});
    cache.remember({kA, address}, {});
  }
  for (const Ipv4Address address : addresses) {
    EXPECT_TRUE(remembers(kA, address)) << to_string(address);
  }
}

TEST_F(TranslationCacheTest, AnAddressThatLastsFindsItsPlaceAndAScanDoesNotWashOutTheRest) {
  constexpr std::size_t kScan = TranslationCache::kPassedOver;
  const std::vector<Ipv4Address> addresses = of_one_place(3 + kScan + 1);
  for (std::size_t i = 0; i < 3; ++i) {
    cache.remember({kA, addresses[i]}, {});
  }
  EXPECT_TRUE(remembers(kA, addresses[2])) << "in place of the oldest";
  EXPECT_TRUE(remembers(kA, addresses[0])) << "that was in the first place";
  EXPECT_FALSE(remembers(kA, addresses[1]));
  for (std::size_t i = 3; i < 3 + kScan; ++i) {
    cache.remember({kA, addresses[i]}, {});
    EXPECT_FALSE(remembers(kA, addresses[i]));
  }
  EXPECT_TRUE(remembers(kA, addresses[2])) << "after a scan";
  EXPECT_TRUE(remembers(kA, addresses[0]));
  cache.remember({kA, addresses.back()}, {});
  EXPECT_TRUE(remembers(kA, addresses.back())) << "one in so many";
}

TEST_F(TranslationCacheTest, WhatWasCountedReachesTheMappings) {
  remember_both();
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

TEST_F(TranslationCacheTest, ABusyWorkerTellsEverythingWithinTheBurstsItPromises) {
  remember_both();
  std::uint64_t bursts = 0;
  for (; table->counters(0)[0].from.packets.value() == 0 ||
         table->counters(0)[1].to.packets.value() == 0;
       ++bursts) {
    ASSERT_LT(bursts, TranslationCache::Pending::kMostBursts);
    count(1);
    cache.pending().flush_some(/*idle=*/false);
  }
  EXPECT_GT(bursts, 1U) << "bit by bit";
}

/// A table that tells two million addresses apart, since hosts lie beside its prefixes. Its first
/// mappings are `mappings`.
std::vector<Mapping> two_million_addresses(std::vector<Mapping> mappings) {
  const auto host = [](Ipv4Address of) { return Ipv4Address::from_host(of.host() + 200); };
  for (std::uint32_t i = 0; i < 8192; ++i) {
    const Ipv4Address real = Ipv4Address::from_host(0x0b000000 + (i << 8U));
    const Ipv4Address mapped = Ipv4Address::from_host(0x0c000000 + (i << 8U));
    mappings.push_back({.name = "", .realm = kA, .real = {real, 25}, .mapped = {mapped, 25}});
    mappings.push_back(
        {.name = "", .realm = kA, .real = {host(real), 32}, .mapped = {host(mapped), 32}});
  }
  return mappings;
}

TEST_F(TranslationCacheTest, ABusyWorkerWithTwoMillionAddressesKeepsThatPromise) {
  for (const std::size_t started_with : {0U, 1'000'000U}) {
    cache = TranslationCache::create(0, started_with).value();
    change_table(two_million_addresses(hosts));
    ASSERT_GT(table->kept_bits().addresses(), 2'000'000U);
    for (std::uint32_t i = 0; i < 100'000; ++i) {  // all over the cache, whatever its size
      remember(kA, Ipv4Address::from_host(0x0b000000 + (i % 8192 << 8U) + i / 8192));
    }
    for (std::size_t i = 0; i <= TranslationCache::kPassedOver; ++i) {
      remember_both();
    }
    count(1);
    std::uint64_t bursts = 0;
    for (; table->counters(0)[0].from.packets.value() == 0 ||
           table->counters(0)[1].to.packets.value() == 0;
         ++bursts) {
      ASSERT_LT(bursts, TranslationCache::Pending::kMostBursts);
      cache.pending().flush_some(/*idle=*/false);
    }
  }
}

TEST_F(TranslationCacheTest, AnIdleWorkerTellsEverythingAndThenIsAtRest) {
  remember_both();
  count(1);
  for (int poll = 0; poll < 2; ++poll) {  // 256 entries, 64 lines at once
    EXPECT_NE(cache.pending().oldest_version(), 0U);
    cache.pending().flush_some(/*idle=*/true);
  }
  EXPECT_EQ(cache.pending().oldest_version(), 0U);
  EXPECT_EQ(table->counters(0)[0].from.packets.value(), 1U);
  EXPECT_EQ(table->counters(0)[1].to.packets.value(), 1U);
}

TEST_F(TranslationCacheTest, WhatGivesWayIsTold) {
  const std::vector<Ipv4Address> addresses = of_one_place(3);
  const Translation of_host_a = *table->look_up({kA, at("10.1.1.10")});
  for (std::size_t i = 0; i < 2; ++i) {
    cache.remember({kA, addresses[i]}, of_host_a);
    find(kA, addresses[i])->pending.add(PendingCount::of_one(10));
    cache.pending().counted(CoarseTime{1});
  }
  cache.remember({kA, addresses[2]}, of_host_a);
  EXPECT_EQ(table->counters(0)[0].from.packets.value(), 1U);
  find(kA, addresses[2])->pending.add(PendingCount::of_one(10));
  cache.pending().flush_all();
  EXPECT_EQ(table->counters(0)[0].from.packets.value(), 3U);
  EXPECT_EQ(table->counters(0)[0].from.bytes.value(), 30U);
}

TEST_F(TranslationCacheTest, F3_WhatIsPendingForAnOldTableIsFlushedToIt) {
  remember_both();
  count(100);
  const auto old_table = std::move(table);
  change_table({hosts[1], hosts[0]});
  EXPECT_EQ(cache.pending().oldest_version(), old_table->version());
  remember_both();  // beside or in place of what the old table left
  count(7);
  for (int burst = 0; cache.pending().oldest_version() == old_table->version(); ++burst) {
    ASSERT_LT(burst, 3) << "soon, though the worker is busy";
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

TEST_F(TranslationCacheTest, F3_TwoTablesInARowAreBothPaid) {
  remember_both();
  count(100);
  const auto first = std::move(table);
  change_table(hosts);
  remember_both();
  count(10);
  const auto second = std::move(table);
  change_table(hosts);
  EXPECT_EQ(first->counters(0)[0].from.bytes.value(), 100U);
  EXPECT_NE(cache.pending().oldest_version(), first->version());
  cache.pending().flush_all();
  EXPECT_EQ(first->counters(0)[0].from.bytes.value(), 100U);
  EXPECT_EQ(second->counters(0)[0].from.bytes.value(), 10U);
  EXPECT_EQ(table->counters(0)[0].from.bytes.value(), 0U);
}

// The cache against the table itself, and its counts against a plain sum, through tables of all
// sizes.
TEST_F(TranslationCacheTest, F1_SaysWhatTheTableSaysAndCountsEveryPacket) {
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
  for (int change = 0; change < 12; ++change) {
    const std::uint32_t size =
        std::array{40'000U, 50'000U, 3U, 2'000U}[static_cast<std::size_t>(change) % 4];
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
    for (int burst = 0; burst < 400; ++burst) {
      for (int i = 0; i < 8; ++i) {
        const auto scope = std::array<AddressScope, 3>{kA, kB, kMapped}[chance(3)];
        const std::uint32_t base = scope == kMapped ? 0xac000000 : 0x0a000000;
        const std::uint32_t span = (size << 4U) + 32;  // and some beyond the table
        const std::uint32_t often = std::min(span, 4096U);
        const std::uint32_t offset = chance(4) == 0
                                         ? (1U << 24U) + chance((1U << 20U) + 32)  // the wide one
                                         : chance(chance(2) == 0 ? often : span);
        const Ipv4Address address = Ipv4Address::from_host(base + offset);
        const Translation* answer = next->look_up({scope, address});
        if (CachedTranslation* entry = find(scope, address)) {
          ASSERT_NE(answer, nullptr);
          ASSERT_EQ(entry->translation.mapping, answer->mapping);
          ASSERT_EQ(entry->translation.apply(address).address, answer->apply(address).address);
          entry->pending.add(PendingCount::of_one(1));
          cache.pending().counted(CoarseTime{1});
          ++counted;
        } else if (answer != nullptr) {
          cache.remember({scope, address}, *answer);
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
