#include "base/token_bucket.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;

unsigned taken(TokenBucket& bucket, std::uint64_t from, std::uint64_t to) {
  unsigned count = 0;
  for (std::uint64_t now = from; now < to; now += 10) {
    count += bucket.take(now) ? 1U : 0U;
  }
  return count;
}

TEST(TokenBucket, R19_LetsTheRateThroughAndTheBurstOnce) {
  TokenBucket bucket({.rate = 100, .burst = 10}, kSecond);
  EXPECT_EQ(taken(bucket, kSecond, kSecond + 1'000), 10U);
  EXPECT_NEAR(taken(bucket, kSecond + 1'000, 11 * kSecond), 1000, 2);
  EXPECT_EQ(taken(bucket, 100 * kSecond, 100 * kSecond + 1'000), 10U);
}

TEST(TokenBucket, R19_ZeroIsNone) {
  TokenBucket bucket({.rate = 0, .burst = 10}, kSecond);
  EXPECT_EQ(taken(bucket, 0, kSecond), 0U);
}

TEST(TokenBucket, LookingTakesNothing) {
  TokenBucket bucket({.rate = 100, .burst = 1}, kSecond);
  EXPECT_TRUE(bucket.has(kSecond));
  EXPECT_TRUE(bucket.has(kSecond));
  EXPECT_TRUE(bucket.take(kSecond));
  EXPECT_FALSE(bucket.has(kSecond));
  EXPECT_TRUE(bucket.has(kSecond + kSecond / 100));
}

TEST(TokenBucket, ARateBeyondTheClockIsNoLimit) {
  TokenBucket bucket({.rate = UINT32_MAX, .burst = UINT32_MAX}, kSecond);
  EXPECT_EQ(taken(bucket, 0, 10'000'000), 1'000'000U);
}

}  // namespace
}  // namespace natto
