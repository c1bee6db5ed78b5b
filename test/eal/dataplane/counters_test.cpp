#include "dataplane/counters.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <numeric>

#include "dataplane/rates.hpp"

namespace natto {
namespace {

/// The memory of CounterSums: every number that it has, whatever the lists say.
using Numbers = std::array<std::uint64_t, sizeof(CounterSums) / sizeof(std::uint64_t)>;

/// 1, 2, 3, …
Numbers all_different() {
  Numbers numbers{};
  std::iota(numbers.begin(), numbers.end(), 1U);
  return numbers;
}

TEST(Counters, AreAllSummed) {
  std::vector<Counters> threads(2);
  for (Counters& counters : threads) {
    auto* counter = reinterpret_cast<Counter*>(&counters);
    for (const std::uint64_t n : all_different()) {
      (counter++)->set(n);
    }
  }
  Numbers expected = all_different();
  for (std::uint64_t& n : expected) {
    n *= 2;
  }
  EXPECT_EQ(std::bit_cast<Numbers>(sum(threads)), expected);
}

TEST(Counters, AllHaveRates) {
  Rates rates;
  rates.sample(Instant(1'000), {});
  Numbers gained = all_different();
  for (std::uint64_t& n : gained) {
    n *= 2;
  }
  rates.sample(Instant(3'000), std::bit_cast<CounterSums>(gained));
  EXPECT_EQ(std::bit_cast<Numbers>(rates.per_second()), all_different());
}

}  // namespace
}  // namespace natto
