#include "base/latest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

namespace natto {
namespace {

/// Larger than what is written at once, and no whole number of words.
struct Value {
  std::array<std::uint32_t, 7> same;
};

Value value(std::uint32_t n) {
  Value made{};
  made.same.fill(n);
  return made;
}

std::vector<std::uint32_t> seen_in(const Latest<Value, 4>& latest) {
  std::vector<std::uint32_t> seen;
  latest.for_each([&](const Value& one) { seen.push_back(one.same[0]); });
  std::ranges::sort(seen);
  return seen;
}

TEST(Latest, KeepsTheLastOnes) {
  Latest<Value, 4> latest;
  EXPECT_TRUE(seen_in(latest).empty());
  latest.put(value(7));
  EXPECT_EQ(seen_in(latest), std::vector<std::uint32_t>{7});
  for (std::uint32_t n = 8; n < 14; ++n) {
    latest.put(value(n));
  }
  EXPECT_EQ(seen_in(latest), (std::vector<std::uint32_t>{10, 11, 12, 13}));
}

TEST(Latest, AReaderNeverSeesHalfAValue) {
  Latest<Value, 1> latest;  // the reader is always where the writer is
  std::thread writer([&] {
    for (std::uint32_t n = 1; n <= 1'000'000; ++n) {
      latest.put(value(n));
    }
  });
  std::uint32_t last = 0;
  while (last < 1'000'000) {
    latest.for_each([&](const Value& one) {
      const auto is_first = [&](std::uint32_t n) { return n == one.same[0]; };
      EXPECT_TRUE(std::ranges::all_of(one.same, is_first));
      last = std::max(last, one.same[0]);
    });
  }
  writer.join();
}

}  // namespace
}  // namespace natto
