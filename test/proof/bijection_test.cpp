// The validator accepts exactly the tables in which no two mappings collide: all tables of up to
// four mappings in a small world of eight addresses, where prefixes have four lengths. How four
// prefixes lie to each other, apart or one in the other, and in which order, they can do there; the
// world lies at the beginning, in the middle and at the end of an address, so that prefixes have
// any length.

#include "table/bijection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace natto {
namespace {

constexpr std::size_t kMost = 4;
constexpr unsigned kBits = 3;

struct Side {
  RealmId realm;
  Ipv4Prefix prefix;
};

/// All prefixes of the world whose addresses differ in `kBits` bits behind the first `base`, in
/// each of the realms.
std::vector<Side> world(unsigned base, unsigned realms) {
  std::vector<Side> sides;
  for (RealmId realm = 0; realm < realms; ++realm) {
    for (unsigned length = 0; length <= kBits; ++length) {
      for (std::uint32_t i = 0; i < 1U << length; ++i) {
        const unsigned whole = base + length;
        const std::uint32_t above = base == 0 ? 0 : 0x0a000000U & prefix_mask(base);
        const std::uint32_t address = above | (whole == 0 ? 0 : i << (32U - whole));
        sides.push_back(
            {realm, {Ipv4Address::from_host(address), static_cast<std::uint8_t>(whole)}});
      }
    }
  }
  return sides;
}

/// Whether two of them share an address, bit by bit.
bool collide(const Side& a, const Side& b) {
  const unsigned common = std::min(a.prefix.length, b.prefix.length);
  if (a.realm != b.realm) {
    return false;
  }
  for (unsigned bit = 0; bit < common; ++bit) {
    if ((a.prefix.address.host() >> (31 - bit) & 1U) !=
        (b.prefix.address.host() >> (31 - bit) & 1U)) {
      return false;
    }
  }
  return true;
}

/// Of a table whose mappings have `sides` on one side, and share nothing on the other.
bool accepts(const std::vector<Side>& sides, bool real) {
  std::vector<MappingEntry> entries(sides.size());
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const Ipv4Prefix other{Ipv4Address::from_host(0xc0000000U + static_cast<std::uint32_t>(i)), 32};
    entries[i].realm = real ? sides[i].realm : static_cast<RealmId>(i);
    entries[i].real.emplace();
    entries[i].mapped.emplace();
    entries[i].real->value = real ? sides[i].prefix : other;
    entries[i].mapped->value = real ? other : sides[i].prefix;
  }
  Diagnostics diagnostics("mappings.toml");
  check_bijection(entries, diagnostics);
  return diagnostics.empty();
}

class Bijection : public testing::TestWithParam<unsigned> {};

void exhaust(const std::vector<Side>& all, bool real) {
  std::uint64_t tables = 0;
  std::uint64_t wrong = 0;
  std::vector<Side> sides;
  const auto go_on = [&](const auto& self, bool expected) -> void {
    ++tables;
    wrong += static_cast<std::uint64_t>(accepts(sides, real) != expected);
    if (sides.size() == kMost) {
      return;
    }
    for (const Side& next : all) {
      const bool collides =
          std::ranges::any_of(sides, [&](const Side& side) { return collide(side, next); });
      sides.push_back(next);
      self(self, expected && !collides);
      sides.pop_back();
    }
  };
  go_on(go_on, true);
  EXPECT_EQ(wrong, 0U) << "of " << tables << " tables";
  std::printf("%llu tables\n", static_cast<unsigned long long>(tables));
}

TEST_P(Bijection, OfAllTablesAcceptsThoseInWhichNothingIsMappedTwice) {
  exhaust(world(GetParam(), 1), false);
}

TEST_P(Bijection, OfAllTablesAcceptsThoseInWhichNoHostIsMappedTwice) {
  std::vector<Side> two_realms = world(GetParam(), 2);
  std::erase_if(two_realms, [](const Side& side) {  // of the second, a few are enough
    return side.realm == 1 && side.prefix.length > GetParam() + 1;
  });
  exhaust(two_realms, true);
}

INSTANTIATE_TEST_SUITE_P(World, Bijection, testing::Values(0U, 13U, 29U));

}  // namespace
}  // namespace natto
