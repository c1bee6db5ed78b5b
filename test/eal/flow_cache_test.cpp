#include "dataplane/flow_cache.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

const Translation kOne{};
const Translation kTwo{};

class FlowCacheTest : public testing::Test {
 protected:
  FlowCacheTest() { cache.use(1); }

  void remember(const FlowCache::Key& key) {
    cache.remember(key, FlowCache::hash(key), {&kOne, &kTwo});
  }
  bool remembers(const FlowCache::Key& key) {
    const FlowCache::Answer answer = cache.find(key, FlowCache::hash(key));
    EXPECT_EQ(answer.source == nullptr, answer.destination == nullptr);
    EXPECT_TRUE(answer.source == nullptr ||
                (answer.source == &kOne && answer.destination == &kTwo));
    return answer.source != nullptr;
  }

  FlowCache cache = FlowCache::create(0).value();
};

TEST_F(FlowCacheTest, RemembersExactlyThePairAndTheRealm) {
  EXPECT_FALSE(remembers({1, 2, 0}));
  remember({1, 2, 0});
  EXPECT_TRUE(remembers({1, 2, 0}));
  EXPECT_FALSE(remembers({2, 1, 0}));
  EXPECT_FALSE(remembers({1, 2, 1}));
  EXPECT_FALSE(remembers({1, 3, 0}));
  EXPECT_FALSE(remembers({3, 2, 0}));
}

TEST_F(FlowCacheTest, AnEmptyCacheKnowsNotEvenTheZeroKey) { EXPECT_FALSE(remembers({0, 0, 0})); }

TEST_F(FlowCacheTest, F1_ForgetsEverythingWhenTheTableChanges) {
  remember({1, 2, 0});
  cache.use(1);
  EXPECT_TRUE(remembers({1, 2, 0}));
  cache.use(2);
  EXPECT_FALSE(remembers({1, 2, 0}));
  remember({1, 2, 0});
  cache.use(1);
  EXPECT_FALSE(remembers({1, 2, 0})) << "what an earlier time with that table left";
}

TEST_F(FlowCacheTest, OfThreeInOneSetTheOldestGoes) {
  // Keys that fall into one set, by trial.
  const std::uint32_t set = FlowCache::hash({1, 1, 0}) % (1 << 15);
  std::vector<FlowCache::Key> keys;
  for (std::uint32_t i = 1; keys.size() < 3; ++i) {
    if (const FlowCache::Key key{i, 1, 0}; FlowCache::hash(key) % (1 << 15) == set) {
      keys.push_back(key);
    }
  }
  for (const FlowCache::Key& key : keys) {
    remember(key);
  }
  EXPECT_FALSE(remembers(keys[0]));
  EXPECT_TRUE(remembers(keys[1]));
  EXPECT_TRUE(remembers(keys[2]));
}

}  // namespace
}  // namespace natto
