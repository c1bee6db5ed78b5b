#include "table/kept_bits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace natto {
namespace {

using Prefixes = std::vector<KeptBits::ScopedPrefix>;

KeptBits::ScopedPrefix prefix(AddressScope scope, const char* text) {
  return {scope, parse_ipv4_prefix(text).value()};
}

/// How many of the first bits are kept of an address.
int kept_of(const KeptBits& bits, AddressScope scope, const char* address) {
  return std::popcount(bits.raw_of(scope, parse_ipv4_address(address).value()));
}

/// A /16 and hosts, so many that each address of the /16 in a place of its own would be too much.
Prefixes offices_and_hosts() {
  Prefixes prefixes{prefix(0, "10.16.0.0/16"), prefix(kMappedScope, "172.16.0.0/16")};
  for (const char* host : {"10.17.0.1", "10.17.1.1", "10.17.1.2"}) {
    prefixes.push_back(prefix(0, host));
  }
  return prefixes;
}

TEST(KeptBits, NothingIsKeptWhereNothingIsMapped) {
  const KeptBits bits(Prefixes{});
  EXPECT_TRUE(bits.are_same_for_all());
  EXPECT_EQ(bits.addresses(), 0U);
}

TEST(KeptBits, PrefixesOfOneLengthNeedNoRanges) {
  Prefixes prefixes;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    prefixes.push_back({0, {Ipv4Address::from_host(0x0a000000 + (i << 8U)), 24}});
  }
  const KeptBits bits(prefixes);
  EXPECT_TRUE(bits.are_same_for_all());
  EXPECT_EQ(kept_of(bits, 0, "10.0.0.1"), 24);
  EXPECT_EQ(kept_of(bits, 0, "192.0.2.1"), 24);
  EXPECT_EQ(bits.addresses(), 10'000U);
}

TEST(KeptBits, FewAddressesNeedNoRanges) {
  const KeptBits bits(Prefixes{prefix(0, "10.0.0.0/28"), prefix(1, "10.0.0.1")});
  EXPECT_TRUE(bits.are_same_for_all());
  EXPECT_EQ(kept_of(bits, 0, "10.0.0.1"), 32);
  EXPECT_EQ(bits.addresses(), 17U);
}

TEST(KeptBits, AHostBesideAPrefixSplitsOnlyItsOwn24Bits) {
  const KeptBits bits(offices_and_hosts());
  ASSERT_FALSE(bits.are_same_for_all());
  EXPECT_EQ(kept_of(bits, 0, "10.16.0.0"), 16);
  EXPECT_EQ(kept_of(bits, 0, "10.16.255.255"), 16);
  EXPECT_EQ(kept_of(bits, 0, "10.17.0.1"), 32);
  EXPECT_EQ(kept_of(bits, 0, "10.17.9.9"), 32) << "of no mapping, beside one";
  EXPECT_EQ(kept_of(bits, 0, "192.0.2.1"), 32) << "of no mapping, far from any";
  EXPECT_EQ(kept_of(bits, kMappedScope, "172.16.3.4"), 16);
  EXPECT_EQ(bits.addresses(), 5U);
}

TEST(KeptBits, PrefixesWithinTheSame24BitsKeepThoseOfTheLongest) {
  Prefixes prefixes = offices_and_hosts();
  prefixes.push_back(prefix(0, "10.18.7.0/25"));
  prefixes.push_back(prefix(0, "10.18.7.128/27"));
  prefixes.push_back(prefix(0, "10.18.8.0/22"));
  const KeptBits bits(prefixes);
  EXPECT_EQ(kept_of(bits, 0, "10.18.7.1"), 27);
  EXPECT_EQ(kept_of(bits, 0, "10.18.7.130"), 27);
  EXPECT_EQ(kept_of(bits, 0, "10.18.11.255"), 22);
  EXPECT_EQ(bits.addresses(), 5U + 4U + 1U + 1U);
}

TEST(KeptBits, ScopesDoNotSplitEachOther) {
  Prefixes prefixes = offices_and_hosts();
  prefixes.push_back(prefix(1, "10.16.0.7"));
  prefixes.push_back(prefix(kMappedScope, "10.16.0.9"));
  const KeptBits bits(prefixes);
  EXPECT_EQ(kept_of(bits, 0, "10.16.0.7"), 16);
  EXPECT_EQ(kept_of(bits, 1, "10.16.0.7"), 32);
  EXPECT_EQ(kept_of(bits, 2, "10.16.0.7"), 32) << "a realm without mappings";
}

/// Prefixes of all lengths that do not overlap, in three scopes, and close together.
Prefixes random_prefixes(std::mt19937& random) {
  const auto below = [&random](std::uint32_t end) {
    return std::uniform_int_distribution<std::uint32_t>(0, end - 1)(random);
  };
  Prefixes prefixes = offices_and_hosts();
  for (int i = 0; i < 300; ++i) {
    const auto length = static_cast<std::uint8_t>(below(4) == 0 ? 14 + below(11) : 24 + below(9));
    const AddressScope scope = std::array<AddressScope, 3>{0, 1, kMappedScope}[below(3)];
    Ipv4Prefix made{Ipv4Address::from_host(0x0a110000 + below(1U << 20U)), length};
    made.address = made.first();
    const bool is_free = std::ranges::none_of(prefixes, [&](const auto& other) {
      return other.scope == scope && other.prefix.overlaps(made);
    });
    if (is_free) {
      prefixes.push_back({scope, made});
    }
  }
  return prefixes;
}

// Against the promise itself: what is kept of two addresses is the same only if one prefix has both
// of them.
TEST(KeptBits, F1_WhatIsKeptTellsPrefixesApart) {
  std::mt19937 random(3);
  for (int round = 0; round < 4; ++round) {
    const Prefixes prefixes = random_prefixes(random);
    const KeptBits bits(prefixes);
    ASSERT_FALSE(bits.are_same_for_all());
    for (const AddressScope scope : {AddressScope{0}, AddressScope{1}, kMappedScope}) {
      using Owner = std::optional<std::size_t>;
      std::map<std::uint32_t, Owner> owners;
      for (std::uint32_t offset = 0; offset < 1U << 16U; ++offset) {
        const std::uint32_t host = 0x0a110000 + offset * 13;
        const Ipv4Address address = Ipv4Address::from_host(host);
        const auto found = std::ranges::find_if(prefixes, [&](const auto& candidate) {
          return candidate.scope == scope && candidate.prefix.contains(address);
        });
        const Owner owner = found == prefixes.end() ? Owner{} : Owner{found - prefixes.begin()};
        const std::uint32_t kept = address.bits.raw() & bits.raw_of(scope, address);
        const auto [entry, is_new] = owners.try_emplace(kept, owner);
        ASSERT_TRUE(is_new || entry->second == owner)
            << to_string(address) << " in scope " << scope;
        ASSERT_EQ(bits.raw_of(scope, address), bits.of_ranges(scope).raw_of(address));
      }
    }
  }
}

TEST(KeptBits, CountsTheAddressesThatDiffer) {
  std::mt19937 random(4);
  const Prefixes prefixes = random_prefixes(random);
  const KeptBits bits(prefixes);
  std::set<std::pair<AddressScope, std::uint32_t>> kept;
  for (const auto& [scope, prefix] : prefixes) {
    const std::uint32_t last = prefix.last().host();
    for (std::uint64_t host = prefix.address.host(); host <= last; ++host) {
      const Ipv4Address address = Ipv4Address::from_host(static_cast<std::uint32_t>(host));
      kept.emplace(scope, address.bits.raw() & bits.raw_of(scope, address));
    }
  }
  EXPECT_EQ(bits.addresses(), kept.size());
}

}  // namespace
}  // namespace natto
