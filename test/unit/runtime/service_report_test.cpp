#include "runtime/service_report.hpp"

#include <gtest/gtest.h>

#include "runtime/service_manager.hpp"

namespace natto {
namespace {

using namespace std::chrono_literals;

class ServiceReportTest : public testing::Test {
 protected:
  ServiceReport make(std::optional<std::chrono::microseconds> watchdog_time) {
    auto notify = ServiceNotify::from_environment();
    EXPECT_TRUE(notify);
    return {std::move(*notify), watchdog_time};
  }
  static ServiceState state(std::uint64_t polls_1, std::uint64_t polls_2,
                            std::string summary = "fine") {
    return {.workers = {{.lcore = 1, .polls = polls_1}, {.lcore = 2, .polls = polls_2}},
            .summary = std::move(summary)};
  }

  ServiceManager manager_{ServiceManager::Address::kPath};
  ServiceReport::Clock::time_point start_{1h};
};

TEST_F(ServiceReportTest, IsReadyWhenEveryWorkerHasPolled) {
  ServiceReport report = make(std::nullopt);
  ASSERT_TRUE(report.due(start_));
  EXPECT_TRUE(report.report(start_, state(0, 0)));
  EXPECT_TRUE(report.report(start_, state(5, 0)));
  EXPECT_EQ(manager_.hear(), "");
  EXPECT_TRUE(report.due(start_)) << "at once again, until it is ready";
  EXPECT_TRUE(report.report(start_, state(6, 1)));
  EXPECT_EQ(manager_.hear(), "READY=1\nSTATUS=fine\n");
}

TEST_F(ServiceReportTest, ReportsAtLeastOnceASecondThen) {
  ServiceReport report = make(std::nullopt);
  EXPECT_TRUE(report.report(start_, state(1, 1)));
  EXPECT_FALSE(report.due(start_));
  EXPECT_TRUE(report.due(start_ + 1s));
}

TEST_F(ServiceReportTest, ShowsLifeTwiceInTheWatchdogsTime) {
  ServiceReport report = make(400ms);
  EXPECT_TRUE(report.report(start_, state(1, 1)));
  EXPECT_EQ(manager_.hear(), "READY=1\nWATCHDOG=1\nSTATUS=fine\n");
  EXPECT_FALSE(report.due(start_ + 199ms));
  EXPECT_TRUE(report.due(start_ + 200ms));
  EXPECT_TRUE(report.report(start_ + 200ms, state(2, 2)));
  EXPECT_EQ(manager_.hear(), "WATCHDOG=1\n");
}

TEST_F(ServiceReportTest, ShowsNoLifeWhileAWorkerMakesNoProgress) {
  ServiceReport report = make(400ms);
  EXPECT_TRUE(report.report(start_, state(1, 1)));
  EXPECT_NE(manager_.hear(), "");
  EXPECT_TRUE(report.report(start_ + 200ms, state(2, 1)));
  EXPECT_EQ(manager_.hear(), "STATUS=no progress on lcore 2\n");
  EXPECT_TRUE(report.report(start_ + 400ms, state(3, 1)));
  EXPECT_EQ(manager_.hear(), "");
  EXPECT_TRUE(report.report(start_ + 600ms, state(4, 2)));
  EXPECT_EQ(manager_.hear(), "WATCHDOG=1\nSTATUS=fine\n");
}

TEST_F(ServiceReportTest, TellsASummaryWhenItChanges) {
  ServiceReport report = make(std::nullopt);
  EXPECT_TRUE(report.report(start_, state(1, 1)));
  EXPECT_NE(manager_.hear(), "");
  EXPECT_TRUE(report.report(start_ + 1s, state(2, 2)));
  EXPECT_EQ(manager_.hear(), "");
  EXPECT_TRUE(report.report(start_ + 2s, state(3, 3, "version 2")));
  EXPECT_EQ(manager_.hear(), "STATUS=version 2\n");
}

TEST_F(ServiceReportTest, TellsThatItStops) {
  ServiceReport report = make(std::nullopt);
  EXPECT_TRUE(report.stopping());
  EXPECT_EQ(manager_.hear(), "STOPPING=1\nSTATUS=stopping\n");
}

TEST_F(ServiceReportTest, IsNeverDueIfNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(make(400ms).due(start_));
}

}  // namespace
}  // namespace natto
