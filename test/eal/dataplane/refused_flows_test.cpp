#include "dataplane/refused_flows.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <map>
#include <string>
#include <thread>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mbuf;
using test::make_udp;
using enum DropReason;

std::string name_of(const RefusedFlow& flow) {
  return fmt::format("{} {}>{}:{}", info(flow.reason).name, to_string(flow.source),
                     to_string(flow.destination), flow.destination_port);
}

/// Packets and bytes by flow, since it was asked last.
std::map<std::string, RefusedCount> read(RefusedFlowsReader& reader) {
  std::map<std::string, RefusedCount> counts;
  reader.read(
      [&](const RefusedFlow& flow, const RefusedCount& since) { counts[name_of(flow)] += since; });
  return counts;
}

using Counts = std::map<std::string, RefusedCount>;

class RefusedFlowsTest : public testing::Test {
 protected:
  void note(const Mbuf& packet, DropReason reason = kNotAllowed) {
    flows_.note(reason, *packet, {.realm = kA, .way = Way::kIn, .tsc = now_});
  }
  /// A packet from a host of its own.
  void note_stranger(std::uint32_t number) {
    Bytes frame = frame_of(make_udp({}, {}));
    for (unsigned i = 0; i < 3; ++i) {
      frame[kIpv4Offset + 15 - i] = static_cast<std::uint8_t>(number >> 8U * i);
    }
    note(Mbuf(make_mbuf(frame)));
  }
  void pass_a_second() { now_ += rte_get_tsc_hz(); }

  RefusedFlows flows_;
  RefusedFlowsReader reader_{flows_};
  std::uint64_t now_ = rte_get_tsc_hz();
};

TEST_F(RefusedFlowsTest, AFlowsPacketsAreReadOnce) {
  const Mbuf packet(make_mbuf(frame_of(make_udp({}, Bytes(12)))));
  note(packet);
  note(packet);
  note(packet, kOverLimit);
  note(packet, kTtlExpired);  // no refusal
  EXPECT_EQ(read(reader_), (Counts{{"not_allowed 10.1.1.10>172.30.7.20:53", {2, 80}},
                                   {"over_limit 10.1.1.10>172.30.7.20:53", {1, 40}}}));
  note(packet);
  EXPECT_EQ(read(reader_), (Counts{{"not_allowed 10.1.1.10>172.30.7.20:53", {1, 40}}}));
  EXPECT_EQ(read(reader_), Counts{});
}

TEST_F(RefusedFlowsTest, AreOfTheBytesWhereverBuffersAreCut) {
  note(Mbuf(make_mbuf(frame_of(make_udp({}, Bytes(12))), {15, 15, 3, 2})));
  EXPECT_EQ(read(reader_), (Counts{{"not_allowed 10.1.1.10>172.30.7.20:53", {1, 40}}}));
}

TEST_F(RefusedFlowsTest, AFloodIsLookedAtSoManyTimesAMillisecond) {
  const Mbuf packet(make_mbuf(frame_of(make_udp({}, Bytes(12)))));
  const auto flood = [&] {
    for (std::uint32_t i = 0; i < 3 * RefusedFlows::kLooksPerMillisecond; ++i) {
      note(packet);
    }
    return read(reader_).begin()->second.packets;
  };
  EXPECT_EQ(flood(), RefusedFlows::kLooksPerMillisecond);
  now_ += rte_get_tsc_hz() / 1000;
  EXPECT_EQ(flood(), RefusedFlows::kLooksPerMillisecond);
}

TEST_F(RefusedFlowsTest, AStormOfFlowsLeavesThoseInTheirEntriesThatGoOn) {
  const Mbuf steady(make_mbuf(frame_of(make_udp({}, Bytes(12)))));
  const std::string name = "not_allowed 10.1.1.10>172.30.7.20:53";
  constexpr std::size_t kEntries = RefusedFlows::kSets * RefusedFlows::kWays;
  std::uint32_t stranger = 0x20'00'00;
  for (int second = 0; second < 5; ++second) {
    note(steady);
    std::size_t named = 0;
    for (std::size_t i = 0; i < 4 * kEntries; ++i) {
      if (i % RefusedFlows::kLooksPerMillisecond == 0) {
        pass_a_second();
      }
      note_stranger(stranger++);
    }
    const auto counts = read(reader_);
    ASSERT_TRUE(counts.contains(name)) << second;
    EXPECT_EQ(counts.at(name).packets, 1U);
    for (const auto& [flow, count] : counts) {
      ASSERT_EQ(count.packets, 1U) << flow << ": of no other flow's";
      ++named;
    }
    EXPECT_LE(named, kEntries);
    // Those of one second are not read in whole before the end of the next.
    EXPECT_GT(named, second % 2 == 0 ? kEntries * 9 / 10 : 0U) << second;
  }
}

TEST_F(RefusedFlowsTest, WhoeverReadsMeanwhileSeesNoFlowThatThereIsNot) {
  std::thread worker([this] {
    for (std::uint32_t i = 0; i < 200'000; ++i) {
      if (i % 64 == 0) {
        pass_a_second();
      }
      note_stranger(i % 100'000);
    }
  });
  std::uint64_t read = 0;
  const auto look = [&] {
    reader_.read([&](const RefusedFlow& flow, const RefusedCount& since) {
      EXPECT_EQ(flow.destination, Ipv4Address::of(172, 30, 7, 20));
      EXPECT_EQ(since.bytes, since.packets * 28);
      read += since.packets;
    });
  };
  for (int i = 0; i < 300; ++i) {
    look();
  }
  worker.join();
  look();
  EXPECT_GT(read, 0U);
  EXPECT_LE(read, 200'000U);
}

TEST(RefusedFlows, AWorkerHandsOverWhatItRefusesAsItCame) {
  PolicyRules rules{.denies = true};
  Lab lab(Lab::Options{.rules = rules, .records_refusals = true});
  RefusedFlowsReader reader(lab.dataplane().refused_flows.front());
  const auto send_all = [&lab] {
    lab.receive(kA, frame_of(make_udp({}, {})));                      // answered by control
    lab.receive(kA, frame_of(make_udp({.source = "10.1.9.9"}, {})));  // not answered
    lab.receive(kA, frame_of(make_udp({.source = "10.1.0.1"}, {})));  // natto's own address
    lab.receive(kB,
                frame_of(make_udp({.source = "192.168.7.20", .destination = "172.31.9.9"}, {})));
    lab.receive(kA, frame_of(make_udp({.source = "127.0.0.1"}, {})));  // no refusal
    lab.run();
  };
  const Counts expected{{"not_allowed 10.1.1.10>172.30.7.20:53", {1, 28}},
                        {"source_not_mapped 10.1.9.9>172.30.7.20:53", {1, 28}},
                        {"source_is_own_address 10.1.0.1>172.30.7.20:53", {1, 28}},
                        {"destination_not_mapped 192.168.7.20>172.31.9.9:53", {1, 28}}};
  send_all();
  EXPECT_EQ(read(reader), expected);
  send_all();  // from the fast path, where the addresses are known by now
  EXPECT_EQ(read(reader), expected);
}

TEST(RefusedFlows, ThereAreNoneUnlessARecordIsKept) {
  PolicyRules rules{.denies = true};
  Lab lab(Lab::Options{.rules = rules});
  lab.receive(kA, frame_of(make_udp({}, {})));
  lab.run();
  EXPECT_EQ(lab.dropped(kNotAllowed), 1U);
  EXPECT_TRUE(lab.dataplane().refused_flows.empty());
}

}  // namespace
}  // namespace natto
