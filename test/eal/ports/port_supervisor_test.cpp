// Devices that fail, recover and lose their links while two workers forward packets between them.

#include "ports/port_supervisor.hpp"
#include "ports/port_context.hpp"

#include <gtest/gtest.h>
#include <rte_log.h>
#include <rte_timer.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "control/control.hpp"
#include "dataplane/pipeline.hpp"
#include "dpdk/timers.hpp"
#include "eal/fake_ena.hpp"
#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::FakeEna;
using test::FakeEnaCall;
using test::FakeEnaState;
using test::kA;
using test::kB;
using test::make_mapping;

constexpr std::uint16_t kWorkers = 2;
constexpr std::uint16_t kMtu = 9001;
constexpr std::array kRealms = {kA, kB};
/// Longer than after a reset the next one is thought to have to do with it.
constexpr Instant kCalm = PortRecovery::kCalm + 1s;

/// Lets the other threads run, of which there may be more than CPUs.
void breathe() { std::this_thread::sleep_for(1us); }

/// Two cards between which workers forward packets, each worker a thread of its own. The test's
/// thread is control's, the wire's and the drivers'; `now_` is its clock.
class PortSupervisorTest : public testing::Test {
 protected:
  PortSupervisorTest() {
    rte_log_set_level_pattern("natto", RTE_LOG_ERR);  // not thousands of warnings
    Config config;
    config.ports.resize(2);
    config.ports[kA].address = parse_ipv4_prefix("10.1.0.1/16").value();
    config.ports[kA].gateway_mac = test::kNextHopA;
    config.ports[kB].address = parse_ipv4_prefix("192.168.0.1/16").value();
    config.ports[kB].gateway_mac = test::kNextHopB;
    std::vector<PortContext> contexts;
    for (const RealmId realm : kRealms) {
      config.ports[realm].mtu = kMtu;
      ports_.push_back(Port::open({.device = cards_[realm].device(),
                                   .queues = kWorkers,
                                   .mtu = kMtu,
                                   .checksum_offload = true,
                                   .pools = std::vector(kWorkers, test::shared_pool())})
                           .value());
      as_opened_[realm] = cards_[realm].state();
      contexts.push_back(make_port_context(config.ports[realm], realm, ports_[realm], true));
    }
    const MappingTable table{{make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10"),
                              make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")}};
    const auto neighbourhoods = neighbourhoods_of(config);
    NextHopTable next_hops = initial_next_hops(contexts, neighbourhoods);
    dataplane_ = make_dataplane(std::move(contexts), std::move(next_hops),
                                TranslationTable::build(table, kWorkers, 1).value(), config.icmp,
                                std::vector(kWorkers, test::shared_pool()))
                     .value();
    control_.emplace(*dataplane_, neighbourhoods);
    for (const RealmId realm : kRealms) {
      supervisors_.push_back(
          PortSupervisor::create("port", ports_[realm], realm, *dataplane_).value());
    }
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
      workers_.emplace_back([this, worker] { work(worker); });
    }
  }

  ~PortSupervisorTest() override {
    stop_workers();
    control_->finish(now_);
    for (const FakeEna& card : cards_) {
      EXPECT_EQ(card.complaints(), std::vector<std::string>{});
    }
    rte_log_set_level_pattern("natto", RTE_LOG_INFO);
  }

  void stop_workers() {
    stop_.store(true);
    for (std::thread& worker : workers_) {
      worker.join();
    }
    workers_.clear();
    discard_for_workers(*dataplane_);
  }

  void work(std::uint16_t worker) {
    Pipeline pipeline(*dataplane_, worker);
    dataplane_->quiescence.enter(worker);
    while (!stop_.load()) {
      if (worker == stalled_.load()) {
        hangs_.store(true);
        breathe();
        continue;  // in the middle of a poll
      }
      if (pipeline.poll() == 0) {
        breathe();
      }
      dataplane_->quiescence.report(worker);
    }
    dataplane_->quiescence.leave(worker);
  }

  /// A packet from the host of `realm` to the other one, of one of ten flows: UDP with and without
  /// a checksum, which the card spreads, and GRE and fragments, which worker 0 distributes.
  void arrive(RealmId realm) {
    constexpr std::uint32_t kUdpFlows = 8;
    const std::uint32_t number = ++sent_to_natto_;
    const std::uint32_t flow = number / 2 % (kUdpFlows + 2);
    test::PacketSpec spec;
    if (realm == kB) {
      spec.source = "192.168.7.20";
      spec.destination = "172.31.1.10";
    }
    const Bytes data = {static_cast<std::uint8_t>(number >> 24),
                        static_cast<std::uint8_t>(number >> 16),
                        static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    Bytes l3;
    if (flow < kUdpFlows) {
      l3 = test::make_udp(spec, data);
    } else {
      constexpr std::uint8_t kGre = 47;
      spec.protocol = flow == kUdpFlows ? kGre : protocol::kUdp;
      spec.fragment = flow == kUdpFlows ? std::uint16_t{0} : std::uint16_t{100};
      spec.payload = Bytes(8);
      spec.payload.insert(spec.payload.end(), data.begin(), data.end());
      l3 = test::make_packet(spec);
    }
    test::write16(l3, 20, static_cast<std::uint16_t>(1000 + flow));
    if (flow < kUdpFlows) {
      test::write16(l3, 26, flow % 2 == 0 ? 0 : test::reference_transport_checksum(l3, 6));
    }
    accepted_ += cards_[realm].receive(test::frame_of(l3)) ? 1U : 0U;
  }

  /// What has left; no packet twice, none overtaken by a later one of its flow.
  std::size_t collect() {
    std::size_t seen = 0;
    for (const RealmId realm : kRealms) {
      for (std::uint16_t queue = 0; queue < kWorkers; ++queue) {
        for (const Bytes& frame : cards_[realm].sent(queue)) {
          const Bytes l3 = test::l3_of(frame);
          const std::uint32_t number =
              std::uint32_t{test::read16(l3, 28)} << 16U | test::read16(l3, 30);
          std::uint32_t& last = last_seen_[{realm, test::read16(l3, 20)}];
          EXPECT_GT(number, last);
          last = number;
          ++seen_in_queue_[realm][queue];
          ++seen;
        }
      }
    }
    left_natto_ += seen;
    return seen;
  }

  /// Control's millisecond, with traffic both ways.
  void step() {
    now_ += 1ms;
    for (const RealmId realm : kRealms) {
      arrive(realm);
      if (supervisors_[realm]->step(now_)) {
        ++link_returns_[realm];
      }
    }
    control_->step(now_);
    collect();
    breathe();
  }
  /// Steps until `condition`; false if that takes longer than any test should.
  bool step_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      step();
    }
    return true;
  }
  void calm_down() { now_ += kCalm; }

  [[nodiscard]] PortStatus status(RealmId realm) const { return supervisors_[realm]->status(); }
  [[nodiscard]] bool all_up() const {
    return status(kA).state == PortState::kUp && status(kB).state == PortState::kUp;
  }
  [[nodiscard]] CounterSums counters() const { return sum(dataplane_->counters); }
  /// A packet that arrives now in either realm gets to the other one.
  void expect_traffic() {
    for (const RealmId realm : kRealms) {
      const RealmId other = realm == kA ? kB : kA;
      const auto out_of_other = [&] { return seen_in_queue_[other][0] + seen_in_queue_[other][1]; };
      const std::uint64_t before = out_of_other();
      EXPECT_TRUE(step_until([&] { return out_of_other() > before; }))
          << "no packet passes out of realm " << unsigned{other};
    }
  }
  void expect_as_opened() {
    for (const RealmId realm : kRealms) {
      EXPECT_EQ(cards_[realm].state(), as_opened_[realm]) << "realm " << unsigned{realm};
    }
  }
  /// Once nothing is on its way.
  void expect_conservation() {
    for (std::uint64_t before = UINT64_MAX; before != counters().received;) {
      before = counters().received;
      std::this_thread::sleep_for(2ms);
      control_->step(now_);
    }
    stop_workers();
    collect();
    const CounterSums sums = counters();
    EXPECT_EQ(sums.received, sums.translated + sums.consumed + sums.dropped());
    EXPECT_EQ(sums.translated, sums.ports[kA].transmitted + sums.ports[kB].transmitted);
    EXPECT_LE(sums.received, accepted_) << "the rest was in the rings of a card that was reset";
  }

  std::array<FakeEna, 2> cards_;
  std::array<FakeEnaState, 2> as_opened_;
  std::vector<Port> ports_;
  std::unique_ptr<Dataplane> dataplane_;
  std::optional<Control> control_;
  std::vector<std::unique_ptr<PortSupervisor>> supervisors_;
  std::vector<std::thread> workers_;
  std::atomic<bool> stop_{false};
  std::atomic<int> stalled_{-1};    ///< the worker that is to hang
  std::atomic<bool> hangs_{false};  ///< it does
  Instant now_{};

  std::uint32_t sent_to_natto_ = 0;
  std::uint64_t accepted_ = 0;  ///< by the cards
  std::uint64_t left_natto_ = 0;
  std::map<std::pair<RealmId, std::uint16_t>, std::uint32_t> last_seen_;
  std::array<std::array<std::uint64_t, kWorkers>, 2> seen_in_queue_{};
  std::array<unsigned, 2> link_returns_{};
};

TEST_F(PortSupervisorTest, H17_AThousandResetsUnderTraffic) {
  constexpr unsigned kResets = 1'000;
  for (unsigned i = 0; i < kResets; ++i) {
    const RealmId realm = kRealms[i % 2];
    const std::uint64_t resets = status(realm).resets;
    switch (i % 10) {
      case 3:
        cards_[realm].fail(FakeEnaCall::kReset, -EIO, 2);
        break;
      case 6:
        cards_[realm].fail(FakeEnaCall::kStart, -EIO);
        break;
      case 9:
        cards_[realm].fail(FakeEnaCall::kSetMtu, -EIO);
        break;
      default:
        break;
    }
    if (i % 10 == 5) {
      cards_[realm].raise(RTE_ETH_EVENT_ERR_RECOVERING);
      step();
      cards_[realm].raise(RTE_ETH_EVENT_RECOVERY_FAILED);
    } else {
      cards_[realm].raise(RTE_ETH_EVENT_INTR_RESET);
    }
    ASSERT_TRUE(step_until([&] { return status(realm).resets > resets && all_up(); })) << i;
    expect_as_opened();
    expect_traffic();
    calm_down();
    ASSERT_FALSE(HasFailure()) << i;
  }
  for (const RealmId realm : kRealms) {
    EXPECT_EQ(status(realm).resets, kResets / 2);
    EXPECT_EQ(status(realm).link_losses, 0U);
    EXPECT_GT(seen_in_queue_[realm][0], 100U) << "RSS spreads the flows";
    EXPECT_GT(seen_in_queue_[realm][1], 100U);
  }
  EXPECT_EQ(status(kA).failed_resets + status(kB).failed_resets, kResets / 10 * 4);
  expect_conservation();
  const CounterSums sums = counters();
  EXPECT_GT(sums.received, accepted_ / 2) << "most of what the cards took";
  EXPECT_EQ(left_natto_, sums.translated) << "what a card took has left";
  EXPECT_GT(sums.drops[static_cast<std::size_t>(DropReason::kPortDown)], 0U);
  EXPECT_EQ(sums.dropped(), sums.drops[static_cast<std::size_t>(DropReason::kPortDown)]);
}

TEST_F(PortSupervisorTest, H17_AThousandLinkFlapsAmongResetsUnderTraffic) {
  for (unsigned i = 0; i < 1'000; ++i) {
    const RealmId realm = kRealms[i % 2];
    FakeEna& card = cards_[realm];
    const bool with_reset = i % 4 == 1;
    const std::uint64_t resets = status(realm).resets;
    card.set_link(false);
    if (with_reset) {
      card.raise(RTE_ETH_EVENT_INTR_RESET);
    }
    ASSERT_TRUE(step_until([&] { return status(realm).state == PortState::kLinkDown; })) << i;
    EXPECT_EQ(status(realm).resets, resets + (with_reset ? 1 : 0));
    card.set_link(true);
    ASSERT_TRUE(step_until([&] { return all_up(); })) << i;
    EXPECT_EQ(link_returns_[realm], i / 2 + 1) << "control hears of it";
    expect_as_opened();
    expect_traffic();
    calm_down();
    ASSERT_FALSE(HasFailure()) << i;
  }
  EXPECT_EQ(status(kA).link_losses, 500U);
  EXPECT_EQ(status(kB).link_losses, 500U);
  expect_conservation();
  EXPECT_LE(left_natto_, counters().translated) << "what is sent into a dead link is gone";
}

TEST_F(PortSupervisorTest, H17_ADriverThatRecoversItsPortIsNotCalled) {
  ASSERT_TRUE(step_until([&] { return all_up(); }));
  cards_[kB].raise(RTE_ETH_EVENT_ERR_RECOVERING);
  for (int i = 0; i < 100; ++i) {
    step();
  }
  EXPECT_EQ(status(kB).state, PortState::kRecovering);
  EXPECT_EQ(cards_[kB].resets(), 0U);
  const std::uint64_t sent = counters().ports[kB].transmitted;
  for (int i = 0; i < 100; ++i) {
    step();
  }
  EXPECT_EQ(counters().ports[kB].transmitted, sent) << "no packet is given to it";
  cards_[kB].raise(RTE_ETH_EVENT_RECOVERY_SUCCESS);
  ASSERT_TRUE(step_until([&] { return all_up(); }));
  EXPECT_EQ(status(kB).recoveries, 1U);
  EXPECT_EQ(status(kB).resets, 0U);
  expect_traffic();
  expect_conservation();
}

TEST_F(PortSupervisorTest, H17_AResetWaitsForAWorkerThatHangsAndControlDoesNot) {
  stalled_.store(1);
  while (!hangs_.load()) {
    std::this_thread::sleep_for(1ms);
  }
  cards_[kA].raise(RTE_ETH_EVENT_INTR_RESET);
  for (int i = 0; i < 100; ++i) {
    step();
  }
  EXPECT_EQ(status(kA).state, PortState::kResetting);
  EXPECT_EQ(cards_[kA].resets(), 0U) << "it may be inside the port";
  stalled_.store(-1);
  ASSERT_TRUE(step_until([&] { return status(kA).resets == 1 && all_up(); }));
  expect_traffic();
  expect_conservation();
}

TEST_F(PortSupervisorTest, H17_TheOtherPortDoesNotNoticeAResetThatFails) {
  cards_[kB].fail(FakeEnaCall::kReset, -EIO, 1'000'000);
  cards_[kB].raise(RTE_ETH_EVENT_INTR_RESET);
  ASSERT_TRUE(step_until([&] { return status(kB).failed_resets >= 5; }));
  EXPECT_EQ(status(kB).state, PortState::kDead);
  EXPECT_EQ(status(kB).reset_cause, ResetCause::kDriverAsked);
  EXPECT_EQ(status(kA).state, PortState::kUp);
  const std::uint64_t received = counters().ports[kA].received;
  for (int i = 0; i < 100; ++i) {
    step();
  }
  EXPECT_GT(counters().ports[kA].received, received);
  cards_[kB].fail(FakeEnaCall::kReset, 0, 0);
  ASSERT_TRUE(step_until([&] { return all_up(); }));
  expect_as_opened();
  expect_traffic();
  expect_conservation();
}

TEST_F(PortSupervisorTest, H17_AStormOfEventsFromAnotherThread) {
  std::atomic<bool> storm{true};
  std::thread driver([&] {
    for (unsigned i = 0; storm.load(); ++i) {
      FakeEna& card = cards_[i % 2];
      card.raise(RTE_ETH_EVENT_ERR_RECOVERING);
      card.raise(i % 3 == 0 ? RTE_ETH_EVENT_RECOVERY_FAILED : RTE_ETH_EVENT_RECOVERY_SUCCESS);
      card.raise(RTE_ETH_EVENT_INTR_RESET);
      card.set_link(i % 7 != 0);
      breathe();
    }
  });
  EXPECT_TRUE(step_until([&] { return status(kA).resets >= 8 && status(kB).resets >= 8; }));
  storm.store(false);
  driver.join();
  for (FakeEna& card : cards_) {
    card.raise(RTE_ETH_EVENT_RECOVERY_SUCCESS);
    card.set_link(true);
  }
  calm_down();
  ASSERT_TRUE(step_until([&] { return all_up(); }));
  expect_as_opened();
  expect_traffic();
  expect_conservation();
}

TEST_F(PortSupervisorTest, H17_AWatchdogThatIsATimerOfTheMainLcoreIsHeard) {
  const Timers timers = Timers::create().value();
  rte_timer watchdog;
  rte_timer_init(&watchdog);
  const auto bark = [](rte_timer*, void* card) {
    static_cast<FakeEna*>(card)->raise(RTE_ETH_EVENT_INTR_RESET);
  };
  ASSERT_EQ(rte_timer_reset(&watchdog, rte_get_timer_hz() / 1000, SINGLE, rte_lcore_id(), bark,
                            &cards_[kA]),
            0);
  EXPECT_TRUE(step_until([&] {
    Timers::manage();
    return status(kA).resets == 1 && all_up();
  }));
  expect_traffic();
}

TEST(PortSupervisor, H17_ALinkWhoseDriverSaysNothingIsLookedAtOnceASecond) {
  test::Lab lab;
  Port port = Port::open({.device = "net_ring_silent", .pools = {test::shared_pool()}}).value();
  const auto supervisor = PortSupervisor::create("port", port, kA, lab.dataplane()).value();
  EXPECT_FALSE(supervisor->step(0ms));
  EXPECT_EQ(supervisor->status().state, PortState::kUp);
  ASSERT_EQ(rte_eth_dev_set_link_down(port.id()), 0);
  supervisor->step(999ms);
  EXPECT_EQ(supervisor->status().state, PortState::kUp);
  supervisor->step(1'000ms);
  EXPECT_EQ(supervisor->status().state, PortState::kLinkDown);
  EXPECT_EQ(supervisor->status().link_losses, 1U);
  ASSERT_EQ(rte_eth_dev_set_link_up(port.id()), 0);
  EXPECT_TRUE(supervisor->step(2'000ms)) << "it came back";
  EXPECT_EQ(supervisor->status().state, PortState::kUp);
}

}  // namespace
}  // namespace natto
