#include "ports/port_recovery.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace natto {
namespace {

using namespace std::chrono_literals;
using State = PortRecovery::State;

/// A port that notes what is done to it, and does what a test wants.
class FakePort final : public RecoverablePort {
 public:
  void take_out_of_use() override {
    EXPECT_TRUE(in_use) << "taken out of use twice";
    in_use = false;
  }
  bool is_left() override { return left; }
  Status reset() override {
    EXPECT_FALSE(in_use) << "reset while workers use it";
    EXPECT_TRUE(left) << "reset while a worker is inside";
    ++attempts;
    if (during_reset) {
      during_reset();
    }
    if (failures > 0) {
      --failures;
      return system_error("cannot start x: Input/output error");
    }
    return Done{};
  }
  void put_into_use() override {
    EXPECT_FALSE(in_use) << "put into use twice";
    in_use = true;
  }

  bool in_use = true;
  bool left = true;
  int failures = 0;  ///< of the next resets
  int attempts = 0;
  std::function<void()> during_reset;
};

class PortRecoveryTest : public testing::Test {
 protected:
  /// A step; what it notices is kept.
  void step(Instant now) {
    if (auto notice = recovery.step(now)) {
      notices.push_back(std::move(notice->text));
    }
  }
  /// Steps every millisecond of [from, to).
  void run(Instant from, Instant to) {
    for (Instant now = from; now < to; now += 1ms) {
      step(now);
    }
  }
  void expect(State state, bool in_use) const {
    EXPECT_EQ(recovery.state(), state);
    EXPECT_EQ(port.in_use, in_use);
  }

  DriverSignals signals;
  FakePort port;
  PortRecovery recovery{signals, port};
  std::vector<std::string> notices;
};

TEST_F(PortRecoveryTest, LeavesAPortAloneThatWorks) {
  run(0ms, 100ms);
  expect(State::kInUse, true);
  EXPECT_EQ(port.attempts, 0);
  EXPECT_TRUE(notices.empty());
}

TEST_F(PortRecoveryTest, H17_ResetsWhenTheDriverAsksForIt) {
  step(0ms);
  signals.reset_wanted(ResetCause::kDriverAsked);
  step(1ms);
  expect(State::kResetting, false);
  EXPECT_EQ(port.attempts, 0) << "it is told and shown first: a reset may take seconds";
  step(2ms);
  expect(State::kInUse, true);
  EXPECT_EQ(port.attempts, 1);
  EXPECT_EQ(recovery.resets(), 1U);
  EXPECT_EQ(recovery.cause(), ResetCause::kDriverAsked);
  EXPECT_EQ(notices, (std::vector<std::string>{"out of use: its driver asks for a reset",
                                               "in use again: reset, and set up as it was"}));
  run(3ms, 30'000ms);
  EXPECT_EQ(port.attempts, 1) << "one wish, one reset";
}

TEST_F(PortRecoveryTest, WaitsUntilNoWorkerIsInside) {
  port.left = false;
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(0ms, 5'000ms);
  expect(State::kResetting, false);
  EXPECT_EQ(port.attempts, 0);
  port.left = true;
  step(5'000ms);
  expect(State::kInUse, true);
  EXPECT_EQ(port.attempts, 1);
}

TEST_F(PortRecoveryTest, H17_TriesAgainForEverAfterGrowingPauses) {
  port.failures = 12;
  signals.reset_wanted(ResetCause::kDriverAsked);
  std::vector<Instant> attempts;
  for (Instant now = 0ms; !port.in_use || attempts.empty(); now += 1ms) {
    const int before = port.attempts;
    step(now);
    if (port.attempts != before) {
      attempts.push_back(now);
    }
    ASSERT_LT(now, 200'000ms) << "it gave up";
    if (!port.in_use) {
      EXPECT_EQ(recovery.state(), port.attempts < 5 ? State::kResetting : State::kDead);
    }
  }
  // A pause begins with the step after a failure, a millisecond later.
  std::vector<Instant> pauses;
  for (std::size_t i = 1; i < attempts.size(); ++i) {
    pauses.push_back(attempts[i] - attempts[i - 1] - 1ms);
  }
  EXPECT_EQ(attempts.front(), 1ms);
  EXPECT_EQ(pauses, (std::vector<Instant>{100ms, 200ms, 400ms, 800ms, 1'600ms, 3'200ms, 6'400ms,
                                          10'000ms, 10'000ms, 10'000ms, 10'000ms, 10'000ms}));
  EXPECT_EQ(recovery.resets(), 1U);
  EXPECT_EQ(recovery.failed_resets(), 12U);
  ASSERT_EQ(notices.size(), 14U) << "each failure is told";
  EXPECT_EQ(notices[2],
            "reset failed, the next attempt is in 200 ms: cannot start x: Input/output error");
  EXPECT_EQ(notices[5],
            "its device seems dead, 5 resets in a row have failed: natto goes on trying, and with "
            "its other ports; stop and start the instance, or replace the network card: cannot "
            "start x: Input/output error");
  EXPECT_EQ(notices.back(), "in use again: reset, and set up as it was");
}

TEST_F(PortRecoveryTest, ADeviceThatCameBackIsNotDeadAtItsNextFailure) {
  port.failures = 6;
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(0ms, 20'000ms);
  expect(State::kInUse, true);
  port.failures = 1;
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(20'000ms, 20'002ms);
  expect(State::kResetting, false);
  run(20'002ms, 23'000ms);
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, TellsThatADriverDidNotAsk) {
  signals.reset_wanted(ResetCause::kCountersTold);
  run(0ms, 2ms);
  EXPECT_EQ(recovery.cause(), ResetCause::kCountersTold);
  EXPECT_EQ(notices, (std::vector<std::string>{
                         "out of use: its driver needs a reset, and does not ask for it",
                         "in use again: reset, and set up as it was"}));
}

TEST_F(PortRecoveryTest, APauseBeginsWhenASlowResetHasFailed) {
  port.failures = 1;
  signals.reset_wanted(ResetCause::kDriverAsked);
  step(0ms);
  step(1ms);  // which took five seconds
  step(5'000ms);
  step(5'099ms);
  EXPECT_EQ(port.attempts, 1);
  step(5'100ms);
  EXPECT_EQ(port.attempts, 2);
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, AfterACalmTimeItDoesNotWaitBeforeTheNextReset) {
  port.failures = 5;
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(0ms, 10'000ms);
  expect(State::kInUse, true);
  run(10'000ms, 25'000ms);
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(25'000ms, 25'002ms);
  EXPECT_EQ(recovery.resets(), 2U);
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, H17_ADriverThatRecoversThePortIsLeftAlone) {
  signals.recovering();
  run(0ms, 60'000ms);
  expect(State::kRecovering, false);
  signals.recovering();  // a larger error during the recovery
  run(60'000ms, 61'000ms);
  expect(State::kRecovering, false);
  signals.recovered();
  step(61'000ms);
  expect(State::kInUse, true);
  EXPECT_EQ(port.attempts, 0);
  EXPECT_EQ(recovery.recoveries(), 1U);
  EXPECT_EQ(notices, (std::vector<std::string>{"out of use while its driver recovers it",
                                               "in use again: its driver has recovered it"}));
}

TEST_F(PortRecoveryTest, ARecoveryThatIsOverAtOnceStillWaitsForTheWorkers) {
  port.left = false;
  signals.recovering();
  step(0ms);
  signals.recovered();
  step(1ms);
  EXPECT_FALSE(port.in_use);
  port.left = true;
  step(2ms);
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, H17_AFailedRecoveryMeansAReset) {
  signals.recovering();
  run(0ms, 10ms);
  signals.reset_wanted(ResetCause::kRecoveryFailed);
  step(10ms);
  expect(State::kResetting, false);
  step(11ms);
  expect(State::kInUse, true);
  EXPECT_EQ(port.attempts, 1);
  EXPECT_EQ(recovery.recoveries(), 0U);
  EXPECT_EQ(recovery.cause(), ResetCause::kRecoveryFailed);
  EXPECT_EQ(notices, (std::vector<std::string>{"out of use while its driver recovers it",
                                               "its driver could not recover it: natto resets it",
                                               "in use again: reset, and set up as it was"}));
}

TEST_F(PortRecoveryTest, AResetAskedForWhileRecoveringEndsTheRecovery) {
  signals.recovering();
  step(0ms);
  signals.reset_wanted(ResetCause::kDriverAsked);
  signals.recovered();  // too late: the reset was asked for
  run(1ms, 3ms);
  EXPECT_EQ(port.attempts, 1);
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, ARecoveryThatBeginsBeforeTheResetIsWaitedFor) {
  port.left = false;
  signals.reset_wanted(ResetCause::kDriverAsked);
  step(0ms);
  signals.recovering();
  port.left = true;
  run(1ms, 1'000ms);
  EXPECT_EQ(port.attempts, 0) << "nobody may call a driver that recovers";
  signals.recovered();
  step(1'000ms);
  EXPECT_EQ(port.attempts, 1) << "a reset that was asked for is made";
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, ARecoveryThatBeginsInAPauseIsWaitedFor) {
  port.failures = 1;
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(0ms, 50ms);
  signals.recovering();
  run(50ms, 1'000ms);
  EXPECT_EQ(port.attempts, 1);
  expect(State::kResetting, false);
  signals.recovered();
  run(1'000ms, 1'102ms);
  EXPECT_EQ(port.attempts, 2) << "what a reset left half done, no recovery completes";
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, AResetAskedForDuringAResetIsMadeAfterwards) {
  port.during_reset = [this] {
    if (port.attempts == 1) {
      signals.reset_wanted(ResetCause::kDriverAsked);
    }
  };
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(0ms, 1'000ms);
  EXPECT_EQ(port.attempts, 2);
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, WishesThatCameBeforeAResetAreAnsweredByIt) {
  port.left = false;
  for (Instant now = 0ms; now < 100ms; now += 1ms) {
    signals.reset_wanted(ResetCause::kDriverAsked);
    step(now);
  }
  port.left = true;
  run(100ms, 20'000ms);
  EXPECT_EQ(port.attempts, 1);
  EXPECT_EQ(recovery.resets(), 1U);
}

TEST_F(PortRecoveryTest, H17_AStormOfEventsDoesNotTakeUpAllOfControlsTime) {
  for (Instant now = 0ms; now < 60'000ms; now += 1ms) {
    for (int i = 0; i < 10; ++i) {
      signals.recovering();
      signals.recovered();
      signals.reset_wanted(ResetCause::kDriverAsked);
    }
    step(now);
  }
  EXPECT_GE(port.attempts, 50);
  EXPECT_LE(port.attempts, 70) << "each of them holds up control";
  run(60'000ms, 80'000ms);
  expect(State::kInUse, true);
}

TEST_F(PortRecoveryTest, AFailureAtOnceAfterAResetIsNotHurriedEither) {
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(0ms, 2ms);
  expect(State::kInUse, true);
  signals.reset_wanted(ResetCause::kDriverAsked);
  run(50ms, 151ms);
  expect(State::kResetting, false);
  EXPECT_EQ(port.attempts, 1);
  step(151ms);
  EXPECT_EQ(port.attempts, 2);
  expect(State::kInUse, true);
}

}  // namespace
}  // namespace natto
