#include "dataplane/flow_cache.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace natto {
namespace {

class FlowCacheTest : public testing::Test {
 protected:
  using Key = FlowCache::Key;

  FlowCacheTest() { cache.use(1); }

  /// A flow by which its key is known again.
  static FlowCache::Flow flow_of(Key key) {
    return {.addresses = {},
            .out = 0,
            .source_mapping = static_cast<std::uint32_t>(key),
            .destination_mapping = static_cast<std::uint32_t>(key >> 32U)};
  }
  void remember(Key key, RealmId realm = 0) {
    cache.remember(realm, key, *cache.reader(realm).prefetch(key), flow_of(key));
  }
  bool remembers(Key key, RealmId realm = 0) {
    const FlowCache::Reader reader = cache.reader(realm);
    const FlowCache::Flow* flow = reader.find(key, *reader.prefetch(key));
    EXPECT_TRUE(flow == nullptr || (flow->source_mapping == flow_of(key).source_mapping &&
                                    flow->destination_mapping == flow_of(key).destination_mapping));
    return flow != nullptr;
  }

  /// Keys that all belong into the line of key 1, by trial.
  std::vector<Key> of_one_line(std::size_t count) {
    const FlowCache::Line* line = cache.reader(0).prefetch(1);
    std::vector<Key> keys;
    for (Key key = 1; keys.size() < count; ++key) {
      if (cache.reader(0).prefetch(key) == line) {
        keys.push_back(key);
      }
    }
    return keys;
  }

  FlowCache cache = FlowCache::create(0).value();
};

TEST_F(FlowCacheTest, RemembersExactlyThePairAndTheRealm) {
  constexpr Key kPair = Key{2} << 32U | 1;
  EXPECT_FALSE(remembers(kPair));
  remember(kPair);
  EXPECT_TRUE(remembers(kPair));
  EXPECT_FALSE(remembers(Key{1} << 32U | 2));
  EXPECT_FALSE(remembers(kPair, 1));
  EXPECT_FALSE(remembers(Key{3} << 32U | 1));
  EXPECT_FALSE(remembers(Key{2} << 32U | 3));
}

TEST_F(FlowCacheTest, AnEmptyCacheKnowsNotEvenTheZeroKey) { EXPECT_FALSE(remembers(0)); }

TEST_F(FlowCacheTest, F1_ForgetsEverythingWhenTheTableChanges) {
  remember(7);
  cache.use(1);
  EXPECT_TRUE(remembers(7));
  cache.use(2);
  EXPECT_FALSE(remembers(7));
  remember(7);
  EXPECT_TRUE(remembers(7)) << "beside what an older table left";
  cache.use(1);
  EXPECT_FALSE(remembers(7)) << "what an earlier time with that table left";
}

TEST_F(FlowCacheTest, F1_ForgetsWhenTheCountOfTablesComesRound) {
  remember(7);
  for (std::uint64_t serial = 2; serial <= (1U << 24U); ++serial) {
    cache.use(serial);
  }
  EXPECT_FALSE(remembers(7));
}

TEST_F(FlowCacheTest, FourOfOneLineFindRoom) {
  const std::vector<Key> keys = of_one_line(4);
  for (const Key key : keys) {
    remember(key);
  }
  for (const Key key : keys) {
    EXPECT_TRUE(remembers(key)) << key;
  }
}

TEST_F(FlowCacheTest, AFlowThatLastsFindsItsPlaceAndAScanDoesNotWashOutTheRest) {
  const std::vector<Key> keys = of_one_line(5 + 14);
  for (std::size_t i = 0; i < 4; ++i) {
    remember(keys[i]);
  }
  for (int packet = 0; packet < 8; ++packet) {
    EXPECT_FALSE(remembers(keys[4]));
    remember(keys[4]);
  }
  EXPECT_TRUE(remembers(keys[4]));
  for (std::size_t i = 5; i < keys.size(); ++i) {
    remember(keys[i]);
  }
  EXPECT_TRUE(remembers(keys[4])) << "after fourteen packets of a scan";
}

}  // namespace
}  // namespace natto
