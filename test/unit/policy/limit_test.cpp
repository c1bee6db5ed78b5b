#include "policy/limit.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>

namespace natto {
namespace {

constexpr std::uint64_t kHz = 2'000'000'000;

/// A limit with workers that draw from it.
struct Limited {
  LimitBuckets buckets;
  std::array<LimitShare, 4> workers;

  Limited(LimitRate packets, LimitRate bytes) {
    bytes.least_burst = 9'000;
    std::construct_at(&buckets.packets, packets, kHz);
    std::construct_at(&buckets.bytes, bytes, kHz);
  }

  bool send(std::size_t worker, std::uint32_t bytes, std::uint64_t now) {
    LimitShare& share = workers[worker];
    if (!share.has(buckets, now)) {
      share.count_over(bytes);
      return false;
    }
    share.take(bytes);
    share.count_passed(1, bytes);
    return true;
  }
};

/// How many of the packets offered in ten seconds pass, by random workers.
std::uint64_t passed(Limited& limited, std::uint64_t offered_per_second, std::uint32_t bytes,
                     std::size_t workers) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same packets each time
  std::uint64_t passed = 0;
  constexpr std::uint64_t kStart = 1'000 * kHz;
  for (std::uint64_t i = 0; i < 10 * offered_per_second; ++i) {
    const std::uint64_t now = kStart + i * (kHz / offered_per_second);
    passed += limited.send(random() % workers, bytes, now) ? 1U : 0U;
  }
  return passed;
}

TEST(Limit, P10_HoldsOverAllWorkersWithinTwoPercent) {
  for (const std::size_t workers : {1U, 2U, 4U}) {
    for (const std::uint64_t rate : {100U, 5'000U, 100'000U}) {
      Limited packets({.per_second = rate, .burst_ms = 10}, {});
      EXPECT_NEAR(static_cast<double>(passed(packets, 2 * rate, 100, workers)),
                  static_cast<double>(10 * rate), 0.02 * 10 * static_cast<double>(rate))
          << rate << " packets/s, " << workers << " workers";
    }
    Limited bytes({}, {.per_second = 12'500'000, .burst_ms = 10});
    EXPECT_NEAR(static_cast<double>(passed(bytes, 20'000, 1400, workers)) * 1400, 125e6, 2.5e6)
        << workers << " workers";
  }
}

TEST(Limit, P10_WhatKeepsItPasses) {
  Limited packets({.per_second = 10'000, .burst_ms = 10},
                  {.per_second = 10'000'000, .burst_ms = 10});
  EXPECT_EQ(passed(packets, 9'000, 1000, 1), 90'000U);
}

TEST(Limit, P10_ABurstPassesAtOnceAndNoMore) {
  Limited packets({.per_second = 10'000, .burst_ms = 10}, {});
  std::uint64_t at_once = 0;
  for (int i = 0; i < 1000; ++i) {
    at_once += packets.send(0, 100, 1'000 * kHz) ? 1U : 0U;
  }
  EXPECT_LE(at_once, 100U);
  EXPECT_GE(at_once, 98U);
}

TEST(Limit, P10_APacketThatOneRateHoldsBackTakesNothingOfTheOther) {
  Limited limited({.per_second = 1'000'000, .burst_ms = 1000},
                  {.per_second = 1'000, .burst_ms = 1});
  EXPECT_TRUE(limited.send(0, 9'000, 1'000 * kHz)) << "one packet passes whatever its size";
  EXPECT_FALSE(limited.send(0, 9'000, 1'000 * kHz));
  EXPECT_TRUE(limited.send(0, 9'000, 1'001 * kHz)) << "the first is paid";
  EXPECT_FALSE(limited.send(0, 9'000, 1'002 * kHz)) << "the second is still owed";
  EXPECT_TRUE(limited.send(0, 9'000, 1'010 * kHz)) << "it is paid";
  EXPECT_EQ(limited.workers[0].passed_packets.value(), 3U);
  EXPECT_EQ(limited.workers[0].passed_bytes.value(), 27'000U);
  EXPECT_EQ(limited.workers[0].over_packets.value(), 2U);
  EXPECT_EQ(limited.workers[0].over_bytes.value(), 18'000U);
}

TEST(Limit, P10_NoneIsNone) {
  Limited limited({}, {});
  EXPECT_EQ(passed(limited, 1'000, 9'000, 2), 10'000U);
}

}  // namespace
}  // namespace natto
