// What a port's driver reports, and what becomes of the port. The driver's reports come from the
// test; its device, net_ring, cannot be reset. Cards that fail while packets flow are in test/ena.

#include "ports/port_supervisor.hpp"

#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using namespace std::chrono_literals;
using test::kA;
using test::kB;

/// The port of b is supervised, and the lab's traffic goes to it, or stays in a.
class PortSupervisorTest : public testing::Test {
 protected:
  PortSupervisorTest() {
    rte_log_set_level_pattern("natto", RTE_LOG_ERR);
    supervisor_ = PortSupervisor::create("port b", port_, kB, lab_.dataplane()).value();
    supervisor_->on_reset([] { ADD_FAILURE() << "no reset succeeds"; });
    step();
  }
  ~PortSupervisorTest() override { rte_log_set_level_pattern("natto", RTE_LOG_INFO); }

  void step(Instant time = 1ms) { supervisor_->step(now_ += time); }
  /// The device that control is not to touch shows by its failed resets that it was.
  [[nodiscard]] std::uint64_t calls() const { return supervisor_->status().failed_resets; }
  [[nodiscard]] PortState state() const { return supervisor_->status().state; }
  /// Whether packets for b leave; those within a always do.
  [[nodiscard]] bool forwards() {
    lab_.receive(kA, test::frame_of(test::make_udp({}, test::Bytes(8))));
    lab_.receive(kA,
                 test::frame_of(test::make_udp({.destination = "172.31.1.11"}, test::Bytes(8))));
    lab_.run();
    EXPECT_EQ(lab_.sent(kA).size(), 1U) << "the other port notices nothing";
    return !lab_.sent(kB).empty();
  }

  test::Lab lab_{{.mappings = {test::make_mapping("hosts-a", kA, "10.1.1.0/24", "172.31.1.0/24"),
                               test::make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")}}};
  static Port open_port() {
    static int devices = 0;  // a name that was probed once stays DPDK's
    return Port::open({.device = "net_ring_watched" + std::to_string(devices++),
                       .pools = {test::shared_pool()}})
        .value();
  }
  Port port_ = open_port();
  std::unique_ptr<PortSupervisor> supervisor_;
  Instant now_{};
};

TEST_F(PortSupervisorTest, H17_ADriverThatRecoversItsPortIsNotCalled) {
  EXPECT_TRUE(forwards());
  supervisor_->hear(RTE_ETH_EVENT_ERR_RECOVERING);
  for (int i = 0; i < 100; ++i) {
    step();
  }
  EXPECT_EQ(state(), PortState::kRecovering);
  EXPECT_FALSE(forwards());
  EXPECT_EQ(lab_.dropped(DropReason::kPortDown), 1U);
  supervisor_->hear(RTE_ETH_EVENT_RECOVERY_SUCCESS);
  step();
  EXPECT_EQ(state(), PortState::kUp);
  EXPECT_TRUE(forwards());
  EXPECT_EQ(supervisor_->status().recoveries, 1U);
  EXPECT_EQ(supervisor_->status().resets, 0U);
  EXPECT_EQ(calls(), 0U);
}

TEST_F(PortSupervisorTest, H17_AResetWaitsForAWorkerThatHangsAndControlDoesNot) {
  lab_.dataplane().quiescence.enter(0);
  supervisor_->hear(RTE_ETH_EVENT_INTR_RESET);
  for (int i = 0; i < 100; ++i) {
    step();
  }
  EXPECT_EQ(state(), PortState::kResetting);
  EXPECT_EQ(calls(), 0U) << "the worker may be inside the port";
  lab_.dataplane().quiescence.report(0);
  step();
  EXPECT_EQ(calls(), 1U);
  lab_.dataplane().quiescence.leave(0);
}

TEST_F(PortSupervisorTest, H17_TheOtherPortDoesNotNoticeAResetThatFails) {
  supervisor_->hear(RTE_ETH_EVENT_INTR_RESET);
  for (int i = 0; i < 30; ++i) {
    step(1s);
    EXPECT_FALSE(forwards());
  }
  EXPECT_GE(calls(), PortRecovery::kDeadAfter);
  EXPECT_EQ(state(), PortState::kDead);
  EXPECT_EQ(supervisor_->status().reset_cause, ResetCause::kDriverAsked);
}

TEST_F(PortSupervisorTest, H17_ARecoveryThatFailsMeansAReset) {
  supervisor_->hear(RTE_ETH_EVENT_ERR_RECOVERING);
  step();
  supervisor_->hear(RTE_ETH_EVENT_RECOVERY_FAILED);
  step();
  step();
  EXPECT_EQ(calls(), 1U);
  EXPECT_EQ(supervisor_->status().reset_cause, ResetCause::kRecoveryFailed);
}

TEST_F(PortSupervisorTest, H17_ADriverThatOnlyCountsItsFailureIsReset) {
  supervisor_->needs_reset();
  step();
  step();
  EXPECT_EQ(calls(), 1U);
  EXPECT_EQ(supervisor_->status().reset_cause, ResetCause::kCountersTold);
}

TEST_F(PortSupervisorTest, H17_AStormOfEventsFromAnotherThread) {
  std::atomic<bool> storm{true};
  std::thread driver([&] {
    for (unsigned i = 0; storm.load(); ++i) {
      supervisor_->hear(RTE_ETH_EVENT_ERR_RECOVERING);
      supervisor_->hear(i % 3 == 0 ? RTE_ETH_EVENT_RECOVERY_FAILED
                                   : RTE_ETH_EVENT_RECOVERY_SUCCESS);
      supervisor_->hear(RTE_ETH_EVENT_INTR_RESET);
      supervisor_->hear(RTE_ETH_EVENT_INTR_LSC);
    }
  });
  while (calls() < 8) {
    step(100ms);
  }
  storm.store(false);
  driver.join();
  supervisor_->hear(RTE_ETH_EVENT_RECOVERY_SUCCESS);
  const std::uint64_t before = calls();
  step(PortRecovery::kLongestPauseWhenDead);
  step(PortRecovery::kLongestPauseWhenDead);
  EXPECT_GT(calls(), before) << "it is tried again all the same";
  EXPECT_EQ(state(), PortState::kDead);
}

TEST_F(PortSupervisorTest, H17_ALinkIsLookedAtWhenTheDriverSaysSoAndOnceASecond) {
  ASSERT_EQ(rte_eth_dev_set_link_down(port_.id()), 0);
  step();
  EXPECT_EQ(state(), PortState::kUp) << "nobody has said anything";
  supervisor_->hear(RTE_ETH_EVENT_INTR_LSC);
  step();
  EXPECT_EQ(state(), PortState::kLinkDown);
  EXPECT_EQ(supervisor_->status().link_losses, 1U);
  ASSERT_EQ(rte_eth_dev_set_link_up(port_.id()), 0);
  EXPECT_FALSE(supervisor_->step(now_ += 999ms));
  EXPECT_TRUE(supervisor_->step(now_ += 1ms)) << "it came back";
  EXPECT_EQ(state(), PortState::kUp);
}

}  // namespace
}  // namespace natto
