// Whether a device is reset whose counters cannot be read.

#include "ports/answer_watch.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

constexpr AnswerWatch::Traffic kNone;
constexpr AnswerWatch::Traffic kBothWays{.received = 7, .transmitted = 5};

/// How many resets it takes while it never answers, in `seconds`, with such traffic in each.
unsigned resets(AnswerWatch& watch, unsigned seconds, const AnswerWatch::Traffic& traffic) {
  AnswerWatch::Traffic sum;
  unsigned resets = 0;
  for (unsigned i = 0; i < seconds; ++i) {
    resets += watch.unanswered(sum) ? 1U : 0U;
    sum.received += traffic.received;
    sum.transmitted += traffic.transmitted;
  }
  return resets;
}

TEST(AnswerWatch, ADriverWithoutCountersNeedsNothing) {
  AnswerWatch watch;
  EXPECT_EQ(resets(watch, 100, kNone), 0U);
}

TEST(AnswerWatch, ADeviceIsResetThatDoesNotAnswerAnyMore) {
  AnswerWatch watch;
  watch.answered();
  EXPECT_EQ(resets(watch, AnswerWatch::kUnanswered - 1, kNone), 0U);
  watch.answered();
  EXPECT_EQ(resets(watch, AnswerWatch::kUnanswered - 1, kBothWays), 0U) << "not in a row";
  EXPECT_EQ(resets(watch, 1, kBothWays), 1U) << "though packets come";
}

TEST(AnswerWatch, OneThatFailsAgainBeforeItHasAnsweredIsResetAgain) {
  AnswerWatch watch;
  watch.answered();
  EXPECT_EQ(resets(watch, 5 + 10 + 20, kNone), 3U) << "after pauses that grow";
  EXPECT_EQ(resets(watch, 40 + 80 + 160 + 320 + 319, kNone), 4U);
  EXPECT_EQ(resets(watch, 1, kNone), 1U) << "no further";
  watch.answered();
  EXPECT_EQ(resets(watch, 5, kNone), 1U);
}

TEST(AnswerWatch, WhatWasMissedBeforeAResetIsForgotten) {
  AnswerWatch watch;
  watch.answered();
  EXPECT_EQ(resets(watch, AnswerWatch::kUnanswered - 1, kNone), 0U);
  watch.was_reset();
  EXPECT_EQ(resets(watch, AnswerWatch::kUnanswered - 1, kNone), 0U);
  EXPECT_EQ(resets(watch, 1, kNone), 1U);
}

TEST(AnswerWatch, OneThatOnlyRefusesItsCountersIsResetOnce) {
  AnswerWatch watch;
  watch.answered();
  EXPECT_EQ(resets(watch, 5 + 100, kBothWays), 1U);
  EXPECT_EQ(resets(watch, 2 * AnswerWatch::kUnanswered, kNone), 1U) << "now it fails";
  EXPECT_EQ(resets(watch, 20, {.received = 7}), 1U) << "it does not send";
  EXPECT_EQ(resets(watch, 40, {.transmitted = 5}), 1U) << "it does not receive";
  watch.answered();
  EXPECT_EQ(resets(watch, 100, kBothWays), 1U);
}

}  // namespace
}  // namespace natto
