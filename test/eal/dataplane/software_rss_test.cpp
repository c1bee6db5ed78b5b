#include "dataplane/software_rss.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mapping;
using test::PacketSpec;

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kHosts = 64;

std::string host(std::size_t i) { return "10.1.2." + std::to_string(i); }

Bytes echo_of(std::size_t i, std::uint16_t sequence) {
  const std::string source = host(i);
  Bytes rest(4);
  test::write16(rest, 2, sequence);
  return test::make_icmp({.source = source, .identification = sequence}, 8, rest);
}

Bytes fragment_of(std::size_t i, std::uint8_t protocol, std::uint16_t fragment,
                  std::uint16_t sequence) {
  const std::string source = host(i);
  return test::make_packet({.source = source,
                            .protocol = protocol,
                            .identification = sequence,
                            .fragment = fragment,
                            .payload = Bytes(24, 1)});
}

Lab::Options spreading() {
  return {.mappings = {make_mapping("hosts-a", kA, "10.1.2.0/24", "172.31.2.0/24"),
                       make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")},
          .workers = kWorkers,
          .software_rss = true};
}

std::uint16_t identification(const Bytes& frame) { return test::read16(frame, kIpv4Offset + 4); }

TEST(Spread, WhatTheHardwareSpreadsAndWhatIsNotIpv4StaysWithWorker0) {
  EXPECT_EQ(worker_for(frame_of(test::make_udp({}, Bytes(8))), kWorkers), 0U);
  EXPECT_EQ(worker_for(frame_of(test::make_tcp({}, Bytes(8))), kWorkers), 0U);
  Bytes arp = frame_of(Bytes(28));
  arp[13] = 0x06;
  EXPECT_EQ(worker_for(arp, kWorkers), 0U);
  const Bytes whole = frame_of(echo_of(2, 1));
  for (std::size_t size = 0; size < kIpv4Offset + 20; ++size) {
    EXPECT_EQ(worker_for(std::span(whole).first(size), kWorkers), 0U) << size;
  }
}

TEST(Spread, AllFragmentsOfADatagramHaveOneWorker) {
  std::set<std::size_t> workers;
  for (std::size_t i = 0; i < kHosts; ++i) {
    const std::size_t first = worker_for(frame_of(fragment_of(i, 17, 0x2000, 1)), kWorkers);
    EXPECT_EQ(worker_for(frame_of(fragment_of(i, 17, 0x2003, 1)), kWorkers), first);
    EXPECT_EQ(worker_for(frame_of(fragment_of(i, 17, 0x0006, 1)), kWorkers), first);
    workers.insert(first);
  }
  EXPECT_EQ(workers, (std::set<std::size_t>{0, 1, 2, 3}));
}

TEST(Spread, AFloodOfIcmpAndFragmentsReachesEveryWorkerInOrder) {
  Lab lab(spreading());
  constexpr std::uint16_t kRounds = 10;
  for (std::uint16_t sequence = 0; sequence < kRounds; ++sequence) {
    for (std::size_t i = 0; i < kHosts; ++i) {
      lab.receive(
          kA, frame_of(i % 2 == 0 ? echo_of(i, sequence) : fragment_of(i, 17, 0x0006, sequence)));
    }
    lab.pipeline().poll();
    if (sequence % 3 == 0) {
      lab.run();
    }
  }
  lab.run();

  const auto queues = lab.sent_by_queue(kB);
  ASSERT_EQ(queues.size(), kWorkers);
  std::map<std::string, std::set<std::size_t>> queues_of_flow;
  std::map<std::string, std::uint16_t> next;
  std::size_t all = 0;
  for (std::size_t queue = 0; queue < queues.size(); ++queue) {
    EXPECT_GT(queues[queue].size(), kHosts * kRounds / kWorkers / 3) << "an equal share, roughly";
    all += queues[queue].size();
    for (const Bytes& frame : queues[queue]) {
      const std::string flow(frame.begin() + 26, frame.begin() + 30);
      queues_of_flow[flow].insert(queue);
      EXPECT_EQ(identification(frame), next[flow]++) << "the order of a flow holds";
    }
  }
  EXPECT_EQ(all, kHosts * kRounds);
  for (const auto& [flow, its_queues] : queues_of_flow) {
    EXPECT_EQ(its_queues.size(), 1U);
  }
  EXPECT_EQ(lab.counters().translated, kHosts * kRounds);
}

TEST(Spread, OtherQueuesHandNothingOut) {
  Lab lab(spreading());
  for (std::size_t i = 0; i < kHosts; ++i) {
    lab.receive(kA, test::make_mbuf(frame_of(echo_of(i, 0))), 2);
  }
  lab.run();
  EXPECT_EQ(lab.sent_by_queue(kB)[2].size(), kHosts);
}

TEST(Spread, ADropIsCountedWhereAWorkerDoesNotKeepUp) {
  Lab lab(spreading());
  constexpr std::size_t kFlood = 2000;
  std::size_t to_others = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < kFlood; ++i) {
    const Bytes frame = frame_of(echo_of(2, static_cast<std::uint16_t>(i)));
    (worker_for(frame, kWorkers) == 0 ? kept : to_others) += 1;
    lab.receive(kA, frame);
    lab.pipeline(0).poll();  // the others stand still
  }
  ASSERT_EQ(to_others, kFlood) << "choose a host whose packets are another worker's";
  lab.run();
  const std::uint64_t lost = lab.dropped(DropReason::kWorkerQueueFull);
  EXPECT_GT(lost, 1000U);
  EXPECT_EQ(lab.counters().translated, kFlood - lost);
}

TEST(Spread, OneWorkerHasNobodyToHandTo) {
  Lab::Options options = spreading();
  options.workers = 1;
  options.software_rss = false;
  Lab lab(options);
  lab.receive(kA, frame_of(echo_of(2, 0)));
  lab.run();
  EXPECT_EQ(lab.sent(kB).size(), 1U);
}

}  // namespace
}  // namespace natto
