// Throttling and losses at the device, as what the driver counts tells of them.

#include "ports/port_monitor.hpp"

#include <gtest/gtest.h>
#include <rte_log.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include "eal/lab.hpp"

namespace natto {
namespace {

TEST(WatchedCounters, AreFoundByTheEndOfTheirName) {
  EXPECT_EQ(find_watched_counter("rx_good_packets"), nullptr);
  EXPECT_EQ(find_watched_counter("pps_allowance_exceeded")->name, "pps_allowance_exceeded");
  EXPECT_EQ(find_watched_counter("some_new_allowance_exceeded")->name, "_allowance_exceeded");
  EXPECT_EQ(find_watched_counter("rx_overruns")->name, "overruns");
  EXPECT_EQ(find_watched_counter("rx_missed_errors")->name, "rx_missed_errors");
  EXPECT_EQ(find_watched_counter("rx_q*_errors")->name, "rx_q*_errors");
  EXPECT_TRUE(find_watched_counter("conntrack_allowance_available")->is_level);
  for (const char* const name :
       {"rx_q*_bad_req_id", "tx_q*_bad_req_id", "rx_q*_bad_desc_num", "rx_q*_bad_desc",
        "rx_q*_unknown_error", "tx_q*_prepare_ctx_err"}) {
    EXPECT_TRUE(find_watched_counter(name)->needs_reset) << name;
  }
  EXPECT_NE(find_watched_counter("conntrack_allowance_exceeded")->advice.find("security groups"),
            std::string_view::npos);
}

TEST(WatchedCounters, QueuesAreCountedTogether) {
  EXPECT_EQ(without_queue("rx_q0_errors"), "rx_q*_errors");
  EXPECT_EQ(without_queue("tx_q12_missed_tx"), "tx_q*_missed_tx");
  EXPECT_EQ(without_queue("rx_queue_full"), "rx_queue_full");
  EXPECT_EQ(without_queue("rx_q1"), "rx_q1");
}

constexpr PortSet kAll = PortSet::first(1);

class PortMonitorTest : public testing::Test {
 protected:
  PortMonitorTest() {
    // A name that was probed once stays DPDK's.
    static int devices = 0;
    ports_.push_back(Port::open({.device = "net_null_watched" + std::to_string(devices++),
                                 .pools = {test::shared_pool()}})
                         .value());
    // Away from the terminal, and readable.
    log_ = std::tmpfile();
    rte_openlog_stream(log_);
  }
  ~PortMonitorTest() override {
    rte_openlog_stream(nullptr);
    std::fclose(log_);
  }

  void sample_at(int seconds) { monitor_.sample(Instant(1'000 * seconds), ports_, kAll, {}); }
  [[nodiscard]] std::optional<WatchedValue> shown(std::string_view name) const {
    const auto counters = monitor_.counters(0);
    const auto found = std::ranges::find(counters, name, &WatchedValue::name);
    return found != counters.end() ? std::optional(*found) : std::nullopt;
  }
  /// The lines logged since the last call.
  [[nodiscard]] std::vector<std::string> logged() {
    std::fflush(log_);
    std::rewind(log_);
    std::vector<std::string> lines;
    std::array<char, 1024> line{};
    while (std::fgets(line.data(), line.size(), log_) != nullptr) {
      lines.emplace_back(line.data());
    }
    EXPECT_EQ(ftruncate(fileno(log_), 0), 0);
    std::rewind(log_);
    return lines;
  }

  /// In place of the driver.
  [[nodiscard]] Result<std::vector<PortCounter>> read() {
    ++reads_;
    if (!answers_) {
      return Error{ErrorKind::kSystem, "no such device"};
    }
    std::vector<PortCounter> counters;
    for (const auto& [name, value] : device_) {
      counters.push_back({.name = name, .value = value});
    }
    return counters;
  }

  std::map<std::string, std::uint64_t> device_;  ///< its counters
  bool answers_ = true;
  unsigned reads_ = 0;
  std::vector<Port> ports_;
  PortMonitor monitor_{{"company-a"}, [this](std::uint16_t) { return read(); }};
  std::FILE* log_ = nullptr;
};

TEST_F(PortMonitorTest, ShowsWhatIsNotZeroAndHowItGrew) {
  device_["pps_allowance_exceeded"] = 500;
  device_["rx_q0_cnt"] = 77;
  sample_at(0);
  EXPECT_EQ(shown("pps_allowance_exceeded")->value, 500U);
  EXPECT_EQ(shown("pps_allowance_exceeded")->last_minute, 0U) << "before natto";
  EXPECT_FALSE(shown("bw_in_allowance_exceeded"));
  EXPECT_FALSE(shown("rx_q0_cnt"));
  device_["pps_allowance_exceeded"] = 520;
  device_["rx_missed_errors"] = 7;
  sample_at(10);
  EXPECT_EQ(shown("pps_allowance_exceeded")->value, 520U);
  EXPECT_EQ(shown("pps_allowance_exceeded")->last_minute, 20U);
  EXPECT_EQ(shown("rx_missed_errors")->last_minute, 7U);
  sample_at(69);
  EXPECT_EQ(shown("pps_allowance_exceeded")->last_minute, 20U);
  sample_at(70);
  EXPECT_EQ(shown("pps_allowance_exceeded")->last_minute, 0U) << "longer ago than a minute";
}

TEST_F(PortMonitorTest, AsksTheDeviceOnceASecond) {
  for (int i = 0; i < 5; ++i) {
    sample_at(0);
  }
  monitor_.sample(Instant(999), ports_, kAll, {});
  EXPECT_EQ(reads_, 1U);
  monitor_.sample(Instant(1'000), ports_, kAll, {});
  EXPECT_EQ(reads_, 2U);
  static_cast<void>(monitor_.counters(0));
  EXPECT_EQ(reads_, 2U) << "a reader asked the device";
}

TEST_F(PortMonitorTest, WarnsOfGrowthAtMostOnceAMinute) {
  device_["pps_allowance_exceeded"] = 500;
  sample_at(0);
  EXPECT_EQ(logged().size(), 0U) << "what was before natto is no news";
  device_["pps_allowance_exceeded"] = 501;
  sample_at(1);
  const auto lines = logged();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("port company-a: pps_allowance_exceeded grew by 1 to 501: the instance's "
                          "packet rate allowance was used up"),
            std::string::npos)
      << lines[0];
  EXPECT_NE(lines[0].find("larger instance type"), std::string::npos);
  for (int second = 2; second <= 60; ++second) {
    device_["pps_allowance_exceeded"] = 500 + static_cast<std::uint64_t>(second);
    sample_at(second);
  }
  EXPECT_EQ(logged().size(), 0U);
  device_["rx_missed_errors"] = 1;
  sample_at(61);
  const auto later = logged();
  ASSERT_EQ(later.size(), 2U) << "each counter has its own minute";
  EXPECT_NE(later[0].find("pps_allowance_exceeded grew by 59 to 560"), std::string::npos);
  sample_at(600);
  EXPECT_EQ(logged().size(), 0U) << "nothing grew";
}

TEST_F(PortMonitorTest, AResetOfTheDeviceLosesNoCount) {
  device_["tx_drops"] = 10;
  sample_at(0);
  device_["tx_drops"] = 30;
  sample_at(1);
  device_["tx_drops"] = 4;
  sample_at(2);
  EXPECT_EQ(shown("tx_drops")->value, 34U);
  EXPECT_EQ(shown("tx_drops")->last_minute, 24U);
}

TEST_F(PortMonitorTest, WhatNeedsAResetDoesSoAgainRightAfterIt) {
  const auto needs_reset_at = [this](int seconds) {
    return monitor_.sample(Instant(1'000 * seconds), ports_, kAll, {}) == 0U;
  };
  device_ = {{"tx_q0_bad_req_id", 0}, {"rx_good_bytes", 100}, {"tx_good_bytes", 100}};
  EXPECT_FALSE(needs_reset_at(0));
  device_["tx_q0_bad_req_id"] = 1;
  EXPECT_TRUE(needs_reset_at(1));
  device_ = {{"tx_q0_bad_req_id", 0}, {"rx_good_bytes", 140}, {"tx_good_bytes", 0}};
  monitor_.was_reset(0, ports_[0]);
  device_ = {{"tx_q0_bad_req_id", 1}, {"rx_good_bytes", 143}, {"tx_good_bytes", 103}};
  EXPECT_TRUE(needs_reset_at(2));
  EXPECT_EQ(shown("tx_q*_bad_req_id")->value, 2U);
  EXPECT_EQ(monitor_.bytes(0)[0].value, 143U) << "a device counts on";
  EXPECT_EQ(monitor_.bytes(0)[1].value, 203U) << "the driver does not";
  device_["tx_q0_bad_req_id"] = 4;
  monitor_.was_reset(0, ports_[0]);
  EXPECT_FALSE(needs_reset_at(3)) << "a driver that counts on must not be reset for ever";
  EXPECT_EQ(shown("tx_q*_bad_req_id")->value, 5U);
}

TEST_F(PortMonitorTest, AnErrorAfterAResetIsSeenThoughTheDeviceDidNotAnswerThen) {
  device_ = {{"tx_q0_bad_req_id", 1}, {"tx_drops", 7}};
  sample_at(0);
  answers_ = false;
  monitor_.was_reset(0, ports_[0]);
  answers_ = true;
  EXPECT_EQ(monitor_.sample(Instant(1'000), ports_, kAll, {}), 0U);
  EXPECT_EQ(shown("tx_drops")->value, 7U) << "which needs no reset";
}

TEST_F(PortMonitorTest, WhatADeviceTellsItsDriverLaterIsNotCountedTwice) {
  device_ = {{"rx_missed_errors", 100}, {"conntrack_allowance_available", 50}};
  sample_at(0);
  device_ = {{"rx_missed_errors", 0}, {"conntrack_allowance_available", 20}};
  monitor_.was_reset(0, ports_[0]);
  answers_ = false;
  sample_at(1);
  EXPECT_EQ(shown("conntrack_allowance_available")->last_minute, 0U);
  answers_ = true;
  device_["rx_missed_errors"] = 103;
  sample_at(2);
  EXPECT_EQ(shown("rx_missed_errors")->value, 103U);
}

TEST_F(PortMonitorTest, AnAllowanceLeftIsShownAndNeverWarnedOf) {
  device_["conntrack_allowance_available"] = 100;
  sample_at(0);
  device_["conntrack_allowance_available"] = 0;
  sample_at(1);
  EXPECT_EQ(shown("conntrack_allowance_available")->value, 0U);
  device_["conntrack_allowance_available"] = 136'000;
  sample_at(2);
  EXPECT_EQ(shown("conntrack_allowance_available")->value, 136'000U);
  EXPECT_EQ(shown("conntrack_allowance_available")->last_minute, 0U);
  EXPECT_EQ(logged().size(), 0U);
}

TEST_F(PortMonitorTest, AsksNoPortThatIsNotInUse) {
  monitor_.sample(Instant(0), ports_, PortSet(), {});
  EXPECT_EQ(reads_, 0U);
  sample_at(0);
  EXPECT_EQ(reads_, 1U);
}

TEST_F(PortMonitorTest, WantsAResetOfADeviceThatDoesNotAnswerUnlessItForwards) {
  sample_at(0);
  answers_ = false;
  CounterSums sums;
  const auto resets_until = [this, &sums](int first, int last) {
    int resets = 0;
    for (int second = first; second <= last; ++second) {
      resets += monitor_.sample(Instant(1'000 * second), ports_, kAll, sums) == 0U ? 1 : 0;
      ++sums.received;  // by another port
    }
    return resets;
  };
  EXPECT_EQ(resets_until(1, 4), 0);
  monitor_.was_reset(0, ports_[0]);
  EXPECT_EQ(resets_until(5, 8), 0) << "since the driver had it reset";
  EXPECT_EQ(resets_until(9, 9), 1);
  const auto lines = logged();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("port company-a: its device does not answer any more"),
            std::string::npos);
  monitor_.was_reset(0, ports_[0]);
  EXPECT_EQ(resets_until(10, 19), 1) << "the reset was no help";
  EXPECT_EQ(resets_until(20, 38), 0);
  ++sums.ports[0].received;
  ++sums.ports[0].transmitted;
  EXPECT_EQ(resets_until(39, 39), 0) << "packets come and go, if nothing else";
  answers_ = true;
  monitor_.was_reset(0, ports_[0]);
  answers_ = false;
  EXPECT_EQ(resets_until(40, 58), 0) << "an answer right after a reset is no cure";
  answers_ = true;
  EXPECT_EQ(resets_until(59, 59), 0);
  answers_ = false;
  EXPECT_EQ(resets_until(60, 64), 1);
}

}  // namespace
}  // namespace natto
