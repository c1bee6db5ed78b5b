// The rules that mappings keep towards each other.

#include "table/bijection.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::mapping;
using test::mapping_mistakes;

TEST(Bijection, R12_NamesAreUnique) {
  EXPECT_EQ(mapping_mistakes(mapping("x", "company-a", "10.9.0.1", "10.8.0.1") +
                             mapping("x", "company-b", "10.9.0.2", "10.8.0.2")),
            "mappings.toml:7:10: name \"x\" is already taken (mappings.toml:1); choose another");
}

TEST(Bijection, R12_RealAddressesAreUniqueInTheirRealm) {
  EXPECT_EQ(mapping_mistakes(mapping("x", "company-a", "10.9.0.1", "10.8.0.1") +
                             mapping("y", "company-a", "10.9.0.1", "10.8.0.2")),
            "mappings.toml:9:10: real 10.9.0.1 is already the real address of mapping \"x\" "
            "(mappings.toml:1)");
  EXPECT_EQ(mapping_mistakes(mapping("x", "company-a", "10.9.0.1", "10.8.0.1") +
                             mapping("y", "company-b", "10.9.0.1", "10.8.0.2")),
            "");
}

TEST(Bijection, R12_MappedAddressesAreUniqueOverAllRealms) {
  EXPECT_EQ(mapping_mistakes(mapping("x", "company-a", "10.9.0.1", "10.8.0.1") +
                             mapping("y", "company-b", "10.9.0.2", "10.8.0.1")),
            "mappings.toml:10:10: mapped 10.8.0.1 is already the mapped address of mapping \"x\" "
            "(mappings.toml:1)");
}

TEST(Bijection, R12_AMappedAddressMayBeARealOne) {
  EXPECT_EQ(mapping_mistakes(mapping("x", "company-a", "10.9.0.1", "10.9.0.1") +
                             mapping("y", "company-b", "10.9.0.2", "10.9.0.3")),
            "");
}

TEST(Bijection, R12_OverlapsAreReportedAtTheLaterMapping) {
  const std::string host = mapping("host", "company-a", "10.9.5.7", "10.8.0.7");
  const std::string network = mapping("network", "company-a", "10.9.0.0/16", "10.7.0.0/16");
  EXPECT_EQ(mapping_mistakes(host + network),
            "mappings.toml:9:10: real 10.9.0.0/16 overlaps 10.9.5.7, the real address of mapping "
            "\"host\" (mappings.toml:1)");
  EXPECT_EQ(mapping_mistakes(network + host),
            "mappings.toml:9:10: real 10.9.5.7 overlaps 10.9.0.0/16, the real address of mapping "
            "\"network\" (mappings.toml:1)");
}

TEST(Bijection, R12_NeighboursDoNotOverlap) {
  EXPECT_EQ(mapping_mistakes(mapping("x", "company-a", "10.9.0.0/25", "10.8.0.0/25") +
                             mapping("y", "company-a", "10.9.0.128/25", "10.8.0.128/25") +
                             mapping("z", "company-a", "10.9.1.0", "10.8.1.0")),
            "");
}

TEST(Bijection, R12_OneMistakeOfAMappingHidesNoOther) {
  EXPECT_EQ(mapping_mistakes(mapping("x", "company-a", "10.9.0.1", "10.8.0.1") +
                             mapping("y", "company-a", "10.9.0.2", "10.8.0.2") +
                             mapping("x", "company-a", "10.9.0.0/24", "10.8.0.0/28") +
                             mapping("y", "company-c", "10.9.0.2", "10.8.0.2")),
            "mappings.toml:12:10: name \"x\" is already taken (mappings.toml:1); choose another\n"
            "mappings.toml:14:10: real 10.9.0.0/24 overlaps 10.9.0.1, the real address of mapping "
            "\"x\" (mappings.toml:1), and others\n"
            "mappings.toml:15:10: mapped: 10.8.0.0/28 is a /28 but real 10.9.0.0/24 is a /24; both "
            "must have the same length\n"
            "mappings.toml:15:10: mapped 10.8.0.0/28 overlaps 10.8.0.1, the mapped address of "
            "mapping \"x\" (mappings.toml:1), and others\n"
            "mappings.toml:17:10: name \"y\" is already taken (mappings.toml:6); choose another\n"
            "mappings.toml:18:10: unknown realm \"company-c\"; did you mean \"company-a\"?\n"
            "mappings.toml:20:10: mapped 10.8.0.2 is already the mapped address of mapping \"y\" "
            "(mappings.toml:6), and others");
}

// Random prefixes in a space so small that they collide, against all pairs.
TEST(Bijection, R12_AgreesWithAllPairs) {
  std::mt19937 random(2024);
  const auto draw = [&](unsigned below) {
    return std::uniform_int_distribution<unsigned>(0, below - 1)(random);
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<MappingEntry> mappings(1 + draw(14));
    for (std::uint32_t i = 0; i < mappings.size(); ++i) {
      const auto length = static_cast<std::uint8_t>(24 + draw(9));
      const auto address = Ipv4Address::from_host((0x0a000000U | draw(512)) & prefix_mask(length));
      mappings[i].header = {i + 1, 1};
      mappings[i].realm = static_cast<RealmId>(draw(2));
      mappings[i].real = Located{Ipv4Prefix{address, length}, Position{i + 1, 10}};
    }

    Diagnostics diagnostics("f");
    check_bijection(mappings, diagnostics);
    const std::string rendered = diagnostics.render();

    std::set<std::size_t> reported;  // lines
    for (std::size_t at = 0; at < rendered.size();) {
      const std::size_t end = std::min(rendered.find('\n', at), rendered.size());
      const std::string line = rendered.substr(at, end - at);
      const std::size_t later = std::stoul(line.substr(2));
      const std::size_t earlier = std::stoul(line.substr(line.rfind("f:") + 2));
      EXPECT_TRUE(reported.insert(later).second) << line;
      ASSERT_LT(earlier, later) << line;
      EXPECT_EQ(mappings[earlier - 1].realm, mappings[later - 1].realm) << line;
      EXPECT_TRUE(mappings[earlier - 1].real->value.overlaps(mappings[later - 1].real->value))
          << line;
      at = end + 1;
    }

    std::set<std::size_t> expected;
    for (std::size_t later = 0; later < mappings.size(); ++later) {
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        if (mappings[later].realm == mappings[earlier].realm &&
            mappings[later].real->value.overlaps(mappings[earlier].real->value)) {
          expected.insert(later + 1);
        }
      }
    }
    ASSERT_EQ(reported, expected) << rendered;
  }
}

// Each network holds all that follow, and each comes twice: the most there is to compare.
TEST(Bijection, R12_TakesNoQuadraticTime) {
  std::vector<MappingEntry> mappings(200'000);
  for (std::uint32_t i = 0; i < mappings.size(); ++i) {
    const bool network = i % 2 == 0;
    const auto length = static_cast<std::uint8_t>(network ? 8 + i / 2 % 16 : 32);
    const auto address = Ipv4Address::from_host(0x0a000000U | (network ? 0 : i));
    mappings[i].header = {i + 1, 1};
    mappings[i].realm = RealmId{0};
    mappings[i].real = Located{Ipv4Prefix{address, length}, Position{i + 1, 1}};
  }
  const auto start = std::chrono::steady_clock::now();
  Diagnostics diagnostics("f");
  check_bijection(mappings, diagnostics);
  // All pairs would be 2e10 comparisons.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_FALSE(diagnostics.empty());
}

}  // namespace
}  // namespace natto
