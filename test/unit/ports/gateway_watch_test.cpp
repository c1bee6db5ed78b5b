#include "ports/gateway_watch.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace natto {
namespace {

using namespace std::chrono_literals;

constexpr ArpParty kSelf{{{2, 0, 0, 0, 0, 1}}, Ipv4Address::of(10, 1, 0, 1)};
constexpr Ipv4Address kGateway = Ipv4Address::of(10, 1, 0, 254);
constexpr MacAddress kMac{{2, 0, 0, 0, 0, 7}};
constexpr MacAddress kOtherMac{{2, 0, 0, 0, 0, 8}};

/// A port's resolver and watch, as control steps them.
class GatewayWatchTest : public testing::Test {
 protected:
  void run_until(Instant end) {
    for (; now_ < end; now_ += 1ms) {
      static_cast<void>(resolver_.due(now_));
      step();
    }
  }
  void hear(const MacAddress& mac) {
    resolver_.hear({mac, kGateway}, now_);
    step();
  }
  void step() {
    if (const auto notice = watch_.step(resolver_.gateway().value(), now_)) {
      notices_.push_back((notice->is_trouble ? "! " : "  ") + notice->text);
    }
  }
  std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

  Instant now_{5'000};
  Resolver resolver_{kSelf, kGateway};
  GatewayWatch watch_;
  std::vector<std::string> notices_;
};

testing::AssertionResult is_one(const std::vector<std::string>& notices, const std::string& begin) {
  if (notices.size() == 1 && notices.front().starts_with(begin)) {
    return testing::AssertionSuccess();
  }
  auto failure = testing::AssertionFailure() << notices.size() << " notices:";
  for (const std::string& notice : notices) {
    failure << "\n" << notice;
  }
  return failure;
}

TEST_F(GatewayWatchTest, OneThatNeverAnswersIsToldOfOnceAfterThreeSeconds) {
  run_until(8'000ms);
  EXPECT_EQ(take_notices(), std::vector<std::string>{});
  run_until(8'001ms);
  EXPECT_TRUE(is_one(take_notices(), "! the gateway 10.1.0.254 does not answer ARP"));
  run_until(600'000ms);
  EXPECT_EQ(take_notices(), std::vector<std::string>{});
  hear(kMac);
  EXPECT_TRUE(
      is_one(take_notices(), "  the gateway 10.1.0.254 answers ARP, MAC 02:00:00:00:00:07"));
}

TEST_F(GatewayWatchTest, OneThatStopsAnsweringIsToldOf) {
  hear(kMac);
  take_notices();
  run_until(5'000ms + Resolver::kRefreshAfter + 3'000ms);
  EXPECT_EQ(take_notices(), std::vector<std::string>{});
  run_until(5'000ms + Resolver::kRefreshAfter + 3'001ms);
  EXPECT_TRUE(is_one(take_notices(),
                     "! the gateway 10.1.0.254 no longer answers ARP; natto goes on sending to MAC "
                     "02:00:00:00:00:07"));
  hear(kMac);
  EXPECT_TRUE(
      is_one(take_notices(), "  the gateway 10.1.0.254 answers ARP again, MAC 02:00:00:00:00:07"));
}

TEST_F(GatewayWatchTest, AChangedMacIsToldOf) {
  hear(kMac);
  take_notices();
  hear(kOtherMac);
  EXPECT_EQ(take_notices(),
            std::vector<std::string>{"! the gateway 10.1.0.254 changed its MAC address from "
                                     "02:00:00:00:00:07 to 02:00:00:00:00:08"});
}

TEST_F(GatewayWatchTest, OneThatFlapsIsToldOfInAFewLinesAndHowOften) {
  hear(kMac);
  for (int i = 0; i < 1000; ++i) {
    hear(i % 2 == 0 ? kOtherMac : kMac);
  }
  EXPECT_EQ(take_notices().size(), GatewayWatch::kNoticesAtOnce);
  run_until(now_ + 59'000ms);
  EXPECT_EQ(take_notices(), std::vector<std::string>{});
  hear(kMac);
  run_until(now_ + 2'000ms);
  // The first of the notices at once was of the first answer.
  EXPECT_TRUE(is_one(take_notices(), "! the gateway 10.1.0.254 changed its MAC address 995 times"));
}

}  // namespace
}  // namespace natto
