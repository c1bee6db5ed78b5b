#include "dataplane/drop_samples.hpp"

#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <algorithm>
#include <vector>

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

/// The latest first.
std::vector<DropSample> samples_in(const DropSamples& of, DropReason reason) {
  std::vector<DropSample> samples;
  of.for_each(reason, [&](const DropSample& sample) { samples.push_back(sample); });
  std::ranges::sort(samples, std::greater(), [](const auto& one) { return one.place.tsc; });
  return samples;
}

TEST(DropSamples, KeepsWhatAPacketWasWhereAndWhen) {
  DropSamples samples;
  const Mbuf packet(make_mbuf(frame_of(make_udp({}, Bytes(12)))));
  samples.note(kTtlExpired, *packet, {.realm = kB, .way = Way::kOut, .tsc = 77});
  const auto kept = samples_in(samples, kTtlExpired);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].glance.source, Ipv4Address::of(10, 1, 1, 10));
  EXPECT_EQ(kept[0].glance.destination_port, 53);
  EXPECT_EQ(kept[0].length, 40U);
  EXPECT_EQ(kept[0].place.realm, kB);
  EXPECT_EQ(kept[0].place.way, Way::kOut);
  EXPECT_EQ(kept[0].place.tsc, 77U);
  EXPECT_TRUE(samples_in(samples, kIpv6).empty());
}

TEST(DropSamples, TheLatestReplaceTheOldest) {
  DropSamples samples;
  const Mbuf packet(make_mbuf(frame_of(make_udp({}, Bytes(12)))));
  const std::uint64_t second = rte_get_tsc_hz();
  for (std::uint64_t n = 1; n <= 20; ++n) {
    samples.note(kTtlExpired, *packet, {.realm = kA, .way = Way::kIn, .tsc = n * second});
  }
  const auto kept = samples_in(samples, kTtlExpired);
  ASSERT_EQ(kept.size(), 8U);
  EXPECT_EQ(kept.front().place.tsc, 20 * second);
  EXPECT_EQ(kept.back().place.tsc, 13 * second);
}

TEST(DropSamples, AFloodIsLookedAtEightTimesASecond) {
  DropSamples samples;
  const Mbuf packet(make_mbuf(frame_of(make_udp({}, Bytes(12)))));
  const std::uint64_t second = rte_get_tsc_hz();
  const auto flood = [&](std::uint64_t from) {
    for (std::uint64_t n = 0; n < 1'000; ++n) {
      samples.note(kTtlExpired, *packet, {.realm = kA, .way = Way::kIn, .tsc = from + n});
    }
  };
  flood(second);
  EXPECT_EQ(samples_in(samples, kTtlExpired).front().place.tsc, second + 7) << "the first eight";
  flood(second + second / 4);
  EXPECT_EQ(samples_in(samples, kTtlExpired).front().place.tsc, second + second / 4 + 1)
      << "two more after a quarter";
  samples.note(kIpv6, *packet, {.realm = kA, .way = Way::kIn, .tsc = 1});
  EXPECT_EQ(samples_in(samples, kIpv6).size(), 1U) << "another reason has its own budget";
}

TEST(DropSamples, AreOfTheBytesWhereverBuffersAreCutAndHoweverShortTheFrameIs) {
  DropSamples samples;
  const Mbuf cut(make_mbuf(frame_of(make_udp({}, Bytes(12))), {15, 15, 3, 2}));
  samples.note(kTtlExpired, *cut, {.realm = kA, .way = Way::kIn, .tsc = 1});
  EXPECT_EQ(samples_in(samples, kTtlExpired).at(0).glance.source_port, 5000);
  const Mbuf tiny(make_mbuf(Bytes(3)));
  samples.note(kEthernetHeaderTruncated, *tiny, {.realm = kA, .way = Way::kIn, .tsc = 1});
  EXPECT_EQ(samples_in(samples, kEthernetHeaderTruncated).at(0).length, 0U);
}

TEST(DropSamples, SlowPathDropsShowThePacketAsItCame) {
  Lab lab;
  lab.receive(kA, frame_of(make_udp({.source = "10.1.9.9"}, {})));  // not answered
  lab.receive(kB,
              frame_of(make_udp({.source = "192.168.7.20", .destination = "172.31.1.10", .ttl = 1},
                                {})));  // answered by control
  lab.run();
  const DropSamples& worker = lab.dataplane().drop_samples.front();
  const auto unmapped = samples_in(worker, kSourceNotMapped);
  ASSERT_EQ(unmapped.size(), 1U);
  EXPECT_EQ(unmapped[0].glance.source, Ipv4Address::of(10, 1, 9, 9));
  EXPECT_EQ(unmapped[0].place.realm, kA);
  EXPECT_EQ(unmapped[0].place.way, Way::kIn);
  const auto expired = samples_in(worker, kTtlExpired);
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].glance.destination, Ipv4Address::of(172, 31, 1, 10));
  EXPECT_EQ(expired[0].place.realm, kB);
}

TEST(DropSamples, WhatAPortDoesNotTakeIsShownAsItWasToLeave) {
  Lab lab(Lab::Options{.tx_capacity = 1});
  for (int i = 0; i < 20; ++i) {
    lab.receive(kA, frame_of(make_udp({}, {})));
  }
  lab.run();
  const auto full = samples_in(lab.dataplane().drop_samples.front(), kTxRingFull);
  ASSERT_EQ(full.size(), 8U);
  EXPECT_EQ(full[0].glance.source, Ipv4Address::of(172, 31, 1, 10));
  EXPECT_EQ(full[0].glance.destination, Ipv4Address::of(192, 168, 7, 20));
  EXPECT_EQ(full[0].place.realm, kB);
  EXPECT_EQ(full[0].place.way, Way::kOut);
  EXPECT_EQ(lab.counters().translated + lab.dropped(kTxRingFull), 20U);
}

TEST(DropSamples, ControlHasItsOwn) {
  Lab lab(Lab::Options{.static_next_hops = false});
  lab.receive(kA, frame_of(make_udp({}, {})));
  lab.run();
  lab.run(Control::kMaxWait + Instant(1));
  const auto unresolved = samples_in(lab.dataplane().drop_samples.back(), kNextHopUnresolved);
  ASSERT_EQ(unresolved.size(), 1U);
  EXPECT_EQ(unresolved[0].glance.destination, Ipv4Address::of(192, 168, 7, 20));
  EXPECT_EQ(unresolved[0].place.realm, kB);
  EXPECT_EQ(unresolved[0].place.way, Way::kOut);
  EXPECT_TRUE(samples_in(lab.dataplane().drop_samples.front(), kNextHopUnresolved).empty());
}

}  // namespace
}  // namespace natto
