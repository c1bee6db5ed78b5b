#include "reload/live_table.hpp"

#include <gtest/gtest.h>
#include <malloc.h>
#include <rte_malloc.h>

#include "eal/lab.hpp"
#include "packet/wire.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mapping;
using test::make_udp;
using test::make_version;

const Mapping kHostA = make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10");
const Mapping kHostB = make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20");

/// A lab whose table is a LiveTable's.
struct LiveLab {
  explicit LiveLab(std::vector<Mapping> mappings = {kHostA, kHostB})
      : lab({.mappings = mappings}), live(lab.dataplane(), first(std::move(mappings))) {}

  std::shared_ptr<const LoadedTable> first(std::vector<Mapping> mappings) {
    auto version = make_version(1, std::move(mappings));
    test::start_with(lab.dataplane(), *version);
    return version;
  }

  void send_a_to_b(std::size_t data_bytes, std::string_view destination = "172.30.7.20") {
    lab.receive(kA, frame_of(make_udp({.destination = destination}, test::Bytes(data_bytes))));
    lab.run();
    static_cast<void>(lab.sent(kB));
  }

  MappingTotals totals(std::string_view name) {
    std::uint32_t index = 0;
    const auto counted = live.counted([&](const LoadedTable& loaded) {
      while (loaded.table->mappings.at(index).name != name) {
        ++index;
      }
      return std::vector{index};
    });
    return counted.totals.at(0);
  }

  Lab lab;
  LiveTable live;
};

TEST(MappingCounters, CountPacketsBytesAndTimeOfBothDirections) {
  LiveLab l;
  l.send_a_to_b(100);
  l.send_a_to_b(50);
  const MappingTotals a = l.totals("host-a");
  const MappingTotals b = l.totals("host-b");
  EXPECT_EQ(a.from.packets, 2U);
  EXPECT_EQ(a.from.bytes, 128U + 78U);
  EXPECT_GT(a.from.last_tsc, 0U);
  EXPECT_EQ(a.to.packets, 0U);
  EXPECT_EQ(a.to.last_tsc, 0U);
  EXPECT_EQ(b.to.packets, 2U);
  EXPECT_EQ(b.to.bytes, 128U + 78U);
  EXPECT_EQ(b.from.packets, 0U);
}

TEST(MappingCounters, DropsAreNotCounted) {
  LiveLab l;
  l.lab.receive(kA, frame_of(make_udp({.ttl = 1}, {})));
  l.lab.run();
  EXPECT_EQ(l.totals("host-a").from.packets, 0U);
  EXPECT_EQ(l.totals("host-b").to.packets, 0U);
}

TEST(LiveTable, CountersSurviveByNameWhateverElseChanges) {
  LiveLab l;
  l.send_a_to_b(100);
  // Another order, another address of b, and a newcomer.
  Mapping moved = kHostB;
  moved.mapped = parse_ipv4_prefix("172.30.7.21").value();
  l.live.publish(
      make_version(2, {make_mapping("new", kB, "192.168.7.99", "172.30.7.99"), moved, kHostA}));
  EXPECT_EQ(l.totals("host-a").from.packets, 1U) << "while workers may still use the old table";
  EXPECT_TRUE(l.live.reclaim());
  EXPECT_EQ(l.totals("host-a").from.packets, 1U);
  EXPECT_EQ(l.totals("host-b").to.packets, 1U);
  EXPECT_EQ(l.totals("new").to.packets, 0U);
  l.send_a_to_b(100, "172.30.7.21");
  EXPECT_EQ(l.totals("host-a").from.packets, 2U);
  EXPECT_EQ(l.totals("host-b").to.packets, 2U);
}

TEST(LiveTable, CountersOfARemovedMappingAreGone) {
  LiveLab l;
  l.send_a_to_b(100);
  l.live.publish(make_version(2, {kHostB}));
  EXPECT_TRUE(l.live.reclaim());
  l.live.publish(make_version(3, {kHostA, kHostB}));
  EXPECT_TRUE(l.live.reclaim());
  EXPECT_EQ(l.totals("host-a").from.packets, 0U);
  EXPECT_EQ(l.totals("host-b").to.packets, 1U);
}

TEST(LiveTable, F3_AStalledWorkerKeepsItsTableAndItsCounts) {
  LiveLab l;
  Quiescence& quiescence = l.lab.dataplane().quiescence;
  quiescence.enter(0);
  l.send_a_to_b(100);
  l.live.publish(make_version(2, {kHostA, kHostB}));
  l.live.publish(make_version(3, {kHostB, kHostA}));
  EXPECT_FALSE(l.live.reclaim());
  l.send_a_to_b(100);
  EXPECT_EQ(l.totals("host-a").from.packets, 2U);
  quiescence.report(0);
  EXPECT_TRUE(l.live.reclaim());
  EXPECT_EQ(l.totals("host-a").from.packets, 2U);
  quiescence.leave(0);
}

// The worker counts what it sends in its own memory, and tells the table's counters bit by bit.
TEST(LiveTable, F3_ATableStaysUntilABusyWorkerHasToldItsCounts) {
  constexpr int kBursts = 3;
  LiveLab l;
  Quiescence& quiescence = l.lab.dataplane().quiescence;
  quiescence.enter(0);
  for (int burst = 0; burst < kBursts; ++burst) {
    for (std::uint16_t i = 0; i < kBurst; ++i) {
      l.lab.receive(kA, frame_of(make_udp({}, test::Bytes(100))));
    }
    l.lab.pipeline().poll();
  }
  l.live.publish(make_version(2, {kHostB, kHostA}));
  quiescence.report(0);
  EXPECT_FALSE(l.live.reclaim()) << "it has not told all";
  for (int poll = 0; poll < 3; ++poll) {
    l.lab.pipeline().poll();
    quiescence.report(0);
  }
  EXPECT_TRUE(l.live.reclaim());
  EXPECT_EQ(l.totals("host-a").from.packets, kBursts * kBurst);
  EXPECT_EQ(l.totals("host-a").from.bytes, kBursts * kBurst * 128U);
  EXPECT_EQ(l.totals("host-b").to.packets, kBursts * kBurst);
  quiescence.leave(0);
}

std::size_t dpdk_bytes() {
  rte_malloc_socket_stats stats{};
  rte_malloc_get_socket_stats(0, &stats);
  return stats.heap_allocsz_bytes;
}

TEST(LiveTable, F3_ManyReloadsLeaveMemoryFlat) {
  constexpr int kReloads = 100'000;
  LiveLab l;
  std::uint64_t version = l.live.current()->version();
  const auto reload = [&] {
    l.live.publish(make_version(++version, {kHostA, kHostB}));
    ASSERT_TRUE(l.live.reclaim());
  };
  for (int i = 0; i < 100; ++i) {
    reload();
  }
  const std::size_t dpdk_before = dpdk_bytes();
  const std::size_t heap_before = mallinfo2().uordblks;
  for (int i = 0; i < kReloads; ++i) {
    reload();
  }
  EXPECT_EQ(dpdk_bytes(), dpdk_before);
  EXPECT_LE(mallinfo2().uordblks, heap_before + 4096);
  EXPECT_EQ(l.live.current()->version(), version);
}

TEST(LiveTable, P8_P10_CountersOfRulesAndLimitsGoOnUnderTheirNames) {
  PolicyRules rules{.denies = true, .answers = false};
  rules.allow = {{.name = "dns",
                  .from = {test::endpoint_of(kHostA)},
                  .to = {test::endpoint_of(kHostB)},
                  .protocols = {protocol::kUdp},
                  .ports = {{53, 53}}}};
  rules.limits = {{.name = "two",
                   .from = {test::endpoint_of(kHostA)},
                   .packets_per_second = 20,
                   .burst_ms = 100}};
  Lab lab({.mappings = {kHostA, kHostB}, .rules = rules});
  const auto first = make_version(1, {kHostA, kHostB}, "", rules);
  test::start_with(lab.dataplane(), *first);
  LiveTable live(lab.dataplane(), first);
  const auto send = [&](int packets) {
    for (int i = 0; i < packets; ++i) {
      lab.receive(kA, frame_of(make_udp({.destination = "172.30.7.20"}, {})));
    }
    lab.run();
    static_cast<void>(lab.sent(kB));
  };
  const auto only = [](const LoadedTable&) { return std::vector<std::uint32_t>{0}; };
  send(5);
  EXPECT_EQ(lab.dropped(DropReason::kOverLimit), 3U);
  PolicyRules other = rules;
  other.allow.insert(other.allow.begin(), {.name = "other",
                                           .from = {test::endpoint_of(kHostB)},
                                           .to = {test::endpoint_of(kHostA)},
                                           .protocols = {protocol::kTcp}});
  live.publish(make_version(2, {kHostA, kHostB}, "", other));
  send(4);
  while (!live.reclaim()) {
    lab.run();
  }
  const auto second = [](const LoadedTable&) { return std::vector<std::uint32_t>{1}; };
  const auto rule = live.counted<RuleTotals>(second).totals.at(0);
  EXPECT_EQ(rule.there.packets, 4U) << "two of each version";
  EXPECT_EQ(rule.there.bytes, 4U * 28);
  EXPECT_EQ(rule.back.packets, 0U);
  EXPECT_EQ(live.counted<RuleTotals>(only).totals.at(0).there.packets, 0U);
  const auto limit = live.counted<LimitTotals>(only).totals.at(0);
  EXPECT_EQ(limit.passed_packets, 4U);
  EXPECT_EQ(limit.over_packets, 5U);
}

}  // namespace
}  // namespace natto
