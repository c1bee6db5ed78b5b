#include "capture/copy_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "capture/per_second.hpp"

namespace natto {
namespace {

bool put(CopyRing& ring, std::size_t bytes, int value) {
  std::byte* const record = ring.add(bytes);
  if (record != nullptr) {
    std::fill_n(record, bytes, static_cast<std::byte>(value));
  }
  return record != nullptr;
}

/// The first byte and the size of what is in front; {-1, 0}: nothing.
std::pair<int, std::size_t> front(CopyRing& ring) {
  const auto record = ring.front();
  if (record.empty()) {
    return {-1, 0};
  }
  EXPECT_TRUE(std::ranges::all_of(record, [&](std::byte one) { return one == record[0]; }));
  return {std::to_integer<int>(record[0]), record.size()};
}

TEST(CopyRing, GivesRecordsInOrderOnceTheyArePublished) {
  CopyRing ring(1024);
  EXPECT_TRUE(put(ring, 5, 1));
  EXPECT_TRUE(put(ring, 100, 2));
  EXPECT_EQ(front(ring), (std::pair{-1, std::size_t{0}}));
  ring.publish();
  EXPECT_EQ(front(ring), (std::pair{1, std::size_t{5}}));
  ring.pop();
  EXPECT_EQ(front(ring), (std::pair{2, std::size_t{100}}));
  ring.pop();
  EXPECT_EQ(front(ring), (std::pair{-1, std::size_t{0}}));
}

TEST(CopyRing, RefusesWhatDoesNotFitUntilThereIsRoom) {
  CopyRing ring(256);
  EXPECT_TRUE(put(ring, 120, 1));
  EXPECT_TRUE(put(ring, 112, 2));
  EXPECT_FALSE(put(ring, 1, 3));
  ring.publish();
  ring.pop();
  EXPECT_TRUE(put(ring, 100, 4));
  ring.publish();
  EXPECT_EQ(front(ring).first, 2);
  ring.pop();
  EXPECT_EQ(front(ring).first, 4);
  EXPECT_FALSE(put(ring, 249, 5));  // never fits
}

TEST(CopyRing, ARecordLiesInOnePieceWhereverTheEndIs) {
  CopyRing ring(256);
  for (int i = 0; i < 200; ++i) {
    const auto bytes = static_cast<std::size_t>(1 + i % 117);
    ASSERT_TRUE(put(ring, bytes, i % 256)) << i;
    ring.publish();
    ASSERT_EQ(front(ring), (std::pair{i % 256, bytes}));
    ring.pop();
  }
}

TEST(CopyRing, OneThreadWritesWhileAnotherReads) {
  CopyRing ring(4096);
  constexpr int kRecords = 20'000;
  std::thread writer([&] {
    for (int i = 0; i < kRecords;) {
      if (put(ring, static_cast<std::size_t>(1 + i % 300), i % 251)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
      ring.publish();
    }
  });
  for (int i = 0; i < kRecords;) {
    if (const auto [value, bytes] = front(ring); value >= 0) {
      EXPECT_EQ(value, i % 251);
      EXPECT_EQ(bytes, static_cast<std::size_t>(1 + i % 300));
      ring.pop();
      ++i;
    } else {
      std::this_thread::yield();
    }
  }
  writer.join();
}

TEST(PerSecond, LetsSoManyPassInEachSecond) {
  PerSecond three(3, 1000);
  std::vector<bool> passed;
  for (const unsigned now : {5000U, 5001U, 5500U, 5600U, 5999U, 6000U, 6001U, 6002U, 6003U}) {
    passed.push_back(three.take(now));
  }
  EXPECT_EQ(passed, (std::vector{true, true, true, false, false, true, true, true, false}));
  PerSecond all(0, 1000);
  EXPECT_TRUE(all.take(1) && all.take(1) && all.take(1));
}

}  // namespace
}  // namespace natto
