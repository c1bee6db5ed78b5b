#include "dataplane/pair_cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

namespace natto {
namespace {

const CachedPair* find(const PairCache& cache, Policy::Group source, Policy::Group destination,
                       std::uint8_t protocol) {
  const PairCache::Reader reader = cache.reader();
  return reader.find(source, destination, protocol, reader.prefetch(source, destination, protocol));
}

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

TEST(PairCache, RemembersExactlyThePairItsWayAndTheProtocol) {
  PairCache cache = PairCache::create(0).value();
  EXPECT_EQ(find(cache, 0, 0, 0), nullptr) << "what was never remembered";
  cache.remember(3, 4, kTcp, {.limit = 7});
  const CachedPair* const pair = find(cache, 3, 4, kTcp);
  ASSERT_NE(pair, nullptr);
  EXPECT_EQ(pair->limit, 7);
  EXPECT_EQ(find(cache, 4, 3, kTcp), nullptr);
  EXPECT_EQ(find(cache, 3, 4, kUdp), nullptr);
  EXPECT_EQ(find(cache, 3, 5, kTcp), nullptr);
}

TEST(PairCache, F1_ForgetsWhenTheTableChanges) {
  PairCache cache = PairCache::create(0).value();
  // As many changes as there are epochs, so that they come round.
  constexpr std::uint32_t kChanges = std::uint32_t{1} << 24U;
  cache.remember(3, 4, kTcp, {});
  for (std::uint32_t change = 0; change < kChanges - 1; ++change) {
    cache.forget();
    ASSERT_EQ(find(cache, 3, 4, kTcp), nullptr) << change;
  }
  cache.remember(3, 4, kTcp, {});
  EXPECT_NE(find(cache, 3, 4, kTcp), nullptr);
}

TEST(PairCache, NeverMixesUpMorePairsThanItHasPlaces) {
  PairCache cache = PairCache::create(0).value();
  std::mt19937 random(1);
  using Key = std::tuple<Policy::Group, Policy::Group, std::uint8_t>;
  std::map<Key, std::uint16_t> remembered;
  const auto group = [&] { return static_cast<Policy::Group>(random() % 1000); };
  for (std::size_t i = 0; i < 3 * PairCache::kEntries; ++i) {
    const Key key(group(), group(), i % 2 == 0 ? kTcp : kUdp);
    const auto& [source, destination, protocol] = key;
    if (find(cache, source, destination, protocol) == nullptr) {
      const auto limit = static_cast<std::uint16_t>(random());
      cache.remember(source, destination, protocol, {.limit = limit});
      remembered[key] = limit;
    }
    const CachedPair* const pair = find(cache, source, destination, protocol);
    ASSERT_NE(pair, nullptr);
    ASSERT_EQ(pair->limit, remembered.at(key));
  }
  std::size_t found = 0;
  for (const auto& [key, limit] : remembered) {
    const auto& [source, destination, protocol] = key;
    if (const CachedPair* pair = find(cache, source, destination, protocol)) {
      ASSERT_EQ(pair->limit, limit);
      ++found;
    }
  }
  EXPECT_GT(found, PairCache::kEntries * 8 / 10) << "most places are taken";
}

}  // namespace
}  // namespace natto
