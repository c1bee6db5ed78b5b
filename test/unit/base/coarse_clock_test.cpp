#include "base/coarse_clock.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

constexpr std::uint64_t kGraviton2Hz = 121'875'000;
constexpr std::uint64_t kGraviton3Hz = 1'050'000'000;
constexpr std::uint64_t kXeonHz = 2'900'000'000;

constexpr std::uint64_t years(std::uint64_t count) { return count * 365 * 86'400; }

class CoarseClockTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  std::uint64_t hz_ = GetParam();
  std::uint64_t start_ = years(50) * hz_;
  CoarseClock clock_{hz_, start_};
};

TEST_P(CoarseClockTest, IsExactToAnEighthOfASecond) {
  for (std::uint64_t tsc = start_; tsc < start_ + 1000 * hz_; tsc += hz_ / 7) {
    const std::uint64_t begin = clock_.tsc_of(clock_.at(tsc));
    EXPECT_LE(begin, tsc);
    EXPECT_LE(tsc - begin, hz_ / 8);
  }
}

TEST_P(CoarseClockTest, LastsForEightYears) {
  const std::uint64_t late = start_ + years(8) * hz_;
  const std::uint64_t begin = clock_.tsc_of(clock_.at(late));
  EXPECT_LE(begin, late);
  EXPECT_LE(late - begin, hz_ / 8);
}

TEST_P(CoarseClockTest, TellsItsStartFromNever) {
  EXPECT_NE(clock_.at(start_), 0U);
  EXPECT_EQ(clock_.tsc_of(clock_.at(start_)), start_);
  EXPECT_EQ(clock_.tsc_of(0), 0U);
}

INSTANTIATE_TEST_SUITE_P(Frequencies, CoarseClockTest,
                         testing::Values(kGraviton2Hz, kGraviton3Hz, kXeonHz));

}  // namespace
}  // namespace natto
