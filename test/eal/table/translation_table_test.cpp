#include "table/translation_table.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "eal/lab.hpp"

namespace natto {
namespace {

using test::kA;
using test::kB;
using test::make_mapping;

std::string replaced(const TranslationTable& table, AddressScope scope, const char* text) {
  const Ipv4Address address = parse_ipv4_address(text).value();
  const Translation* found = table.look_up({scope, address});
  return found == nullptr ? "" : to_string(found->apply(address).address);
}

TEST(TranslationTable, R1_TheRealmIsPartOfTheKey) {
  const auto table = TranslationTable::build({{make_mapping("a", kA, "10.0.0.10", "172.16.1.10"),
                                               make_mapping("b", kB, "10.0.0.10", "172.16.2.10")}},
                                             1, 1)
                         .value();
  EXPECT_EQ(replaced(*table, real_scope(kA), "10.0.0.10"), "172.16.1.10");
  EXPECT_EQ(replaced(*table, real_scope(kB), "10.0.0.10"), "172.16.2.10");
  EXPECT_EQ(replaced(*table, kMappedScope, "172.16.1.10"), "10.0.0.10");
  EXPECT_EQ(replaced(*table, kMappedScope, "10.0.0.10"), "");
  EXPECT_EQ(replaced(*table, real_scope(kA), "172.16.1.10"), "");
  EXPECT_EQ(table->look_up({kMappedScope, Ipv4Address::of(172, 16, 2, 10)})->realm, kB);
}

TEST(TranslationTable, PrefixesResolveArithmeticallyBesideHosts) {
  const auto table =
      TranslationTable::build({{make_mapping("net", kB, "10.34.0.0/20", "10.50.16.0/20"),
                                make_mapping("host", kB, "10.34.16.1", "10.50.32.9"),
                                make_mapping("small", kB, "192.0.2.8/31", "198.51.100.6/31")}},
                              1, 1)
          .value();
  const auto real = real_scope(kB);
  EXPECT_EQ(replaced(*table, real, "10.34.0.0"), "10.50.16.0");
  EXPECT_EQ(replaced(*table, real, "10.34.15.255"), "10.50.31.255");
  EXPECT_EQ(replaced(*table, real, "10.34.16.0"), "");
  EXPECT_EQ(replaced(*table, real, "10.34.16.1"), "10.50.32.9");
  EXPECT_EQ(replaced(*table, real, "192.0.2.9"), "198.51.100.7");
  EXPECT_EQ(replaced(*table, kMappedScope, "10.50.20.33"), "10.34.4.33");
  EXPECT_EQ(replaced(*table, real, "10.33.255.255"), "");
}

TEST(TranslationTable, R2_OneDeltaServesAWholePrefix) {
  const auto mapping = make_mapping("net", kB, "10.32.0.0/11", "203.64.0.0/11");
  const auto table = TranslationTable::build({{mapping}}, 1, 1).value();
  std::mt19937 generator(5);
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  for (int i = 0; i < 10'000; ++i) {
    const auto address = Ipv4Address::from_host(mapping.real.address.host() | (random() >> 11));
    const Replacement replacement = table->look_up({real_scope(kB), address})->apply(address);
    ASSERT_EQ(replacement.delta, checksum_delta(address.bits, replacement.address.bits));
  }
}

TEST(TranslationTable, AnEmptyTableKnowsNothing) {
  const auto table = TranslationTable::build({}, 1, 1).value();
  EXPECT_EQ(table->look_up({kMappedScope, Ipv4Address::of(10, 0, 0, 1)}), nullptr);
}

TEST(TranslationTable, BulkAnswersEqualSingleOnes) {
  MappingTable mappings;
  std::mt19937 generator(6);
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  std::set<std::uint32_t> used;
  while (mappings.mappings.size() < 5'000) {
    const std::uint32_t real = random();
    const std::uint32_t mapped = random();
    if (used.insert(real).second && used.insert(mapped).second) {
      mappings.mappings.push_back({.name = "m",
                                   .realm = static_cast<RealmId>(random() % 2),
                                   .real = {Ipv4Address::from_host(real), 32},
                                   .mapped = {Ipv4Address::from_host(mapped), 32}});
    }
  }
  const auto table = TranslationTable::build(mappings, 1, 1).value();
  for (std::size_t count = 1; count <= TranslationTable::kMaxQueries; ++count) {
    std::vector<TranslationTable::Query> queries(count);
    std::vector<const Translation*> answers(count);
    std::vector<std::optional<std::size_t>> expected(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t pick = random() % mappings.mappings.size();
      const Mapping& m = mappings.mappings[pick];
      switch (random() % 3) {
        case 0:
          queries[i] = {real_scope(m.realm), m.real.address};
          expected[i] = pick;
          break;
        case 1:
          queries[i] = {kMappedScope, m.mapped.address};
          expected[i] = pick;
          break;
        default:  // the other realm does not know this address
          queries[i] = {real_scope(static_cast<RealmId>(1 - m.realm)), m.real.address};
      }
    }
    table->look_up(queries, answers);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(answers[i] != nullptr, expected[i].has_value()) << count << " " << i;
      if (expected[i]) {
        ASSERT_EQ(answers[i]->mapping, *expected[i]);
      }
    }
  }
}

TEST(TranslationTable, HoldsAsManyHostsAsAsked) {
  // The sizes around a power of two are where a hash that is sized too tightly refuses a key.
  for (const std::uint32_t hosts : {1U, 511U, 4095U, 4096U, 65'536U}) {
    MappingTable mappings;
    for (std::uint32_t i = 0; i < hosts; ++i) {
      mappings.mappings.push_back({.name = "m",
                                   .realm = kA,
                                   .real = {Ipv4Address::from_host(0x0a000000 + i), 32},
                                   .mapped = {Ipv4Address::from_host(0x14000000 + i * 7), 32}});
    }
    const auto table = TranslationTable::build(mappings, 1, 1);
    ASSERT_TRUE(table) << table.error().message;
    for (std::uint32_t i = 0; i < hosts; ++i) {
      const auto address = Ipv4Address::from_host(0x0a000000 + i);
      ASSERT_NE((*table)->look_up({real_scope(kA), address}), nullptr);
    }
  }
}

}  // namespace
}  // namespace natto
