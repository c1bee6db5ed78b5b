#include "history/historian.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "eal/lab.hpp"
#include "history/history_files.hpp"
#include "history/report.hpp"
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

PolicyRules rules_for(std::vector<PortRange> ports) {
  return {.denies = true,
          .allow = {{.name = "rule",
                     .from = {test::endpoint_of(kHostA)},
                     .to = {test::endpoint_of(kHostB)},
                     .between = true,
                     .ports = std::move(ports)}}};
}

Config two_ports() {
  Config config;
  config.ports.resize(2);
  config.ports[0].realm = "a";
  config.ports[1].realm = "b";
  return config;
}

class HistorianTest : public testing::Test {
 protected:
  HistorianTest() { test::start_with(lab_.dataplane(), *version_); }
  ~HistorianTest() override { std::filesystem::remove_all(folder_); }

  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "natto-history-XXXXXX").string();
    return mkdtemp(name.data());
  }

  void send(std::size_t packets) {
    for (std::size_t i = 0; i < packets; ++i) {
      lab_.receive(kA, frame_of(make_udp({}, test::Bytes(72))));  // 100 bytes of IPv4
    }
    lab_.run();
    static_cast<void>(lab_.sent(kB));
    received_ += packets;
  }
  void publish(std::vector<Mapping> mappings, PolicyRules rules = {}) {
    ++number_;
    live_.publish(make_version(number_, std::move(mappings), "d" + std::to_string(number_),
                               std::move(rules)));
    ASSERT_TRUE(live_.reclaim());
  }
  [[nodiscard]] EvidenceReport report() const {
    EvidenceReport report(parse_utc("1970-01").value(), parse_utc("2261-12").value(), std::nullopt);
    const WallTime now = std::chrono::system_clock::now();
    EXPECT_TRUE(read_history(folder_, now - std::chrono::hours(1), now + std::chrono::hours(1),
                             [&report](const Period& period) { report.add(period); }));
    return report;
  }

  const std::filesystem::path folder_ = make_folder();
  const Config config_ = two_ports();
  Lab lab_{{.rules = rules_for({})}};
  std::shared_ptr<const LoadedTable> version_ =
      make_version(1, {kHostA, kHostB}, "d1", rules_for({}));
  LiveTable live_{lab_.dataplane(), version_};
  std::uint64_t number_ = 1;
  std::uint64_t received_ = 0;
  Historian historian_{config_, live_,
                       [this] {
                         return CountedNumbers{.counters = {{"received", received_}}};
                       },
                       folder_};
};

TEST_F(HistorianTest, WritesWhatWasCountedWhenItStops) {
  historian_.start({0});
  send(3);
  historian_.stop();
  const EvidenceReport found = report();
  ASSERT_EQ(found.mappings().size(), 2U);
  EXPECT_EQ(found.mappings()[0].name, "host-a");
  EXPECT_EQ(found.mappings()[0].realm, "a");
  EXPECT_EQ(found.mappings()[0].real, "10.1.1.10");
  EXPECT_EQ(found.mappings()[0].from_packets, 3U);
  EXPECT_EQ(found.mappings()[0].from_bytes, 300U);
  EXPECT_EQ(found.mappings()[0].to_packets, 0U);
  EXPECT_EQ(found.mappings()[1].to_packets, 3U);
  ASSERT_EQ(found.rules().size(), 1U);
  EXPECT_EQ(found.rules()[0].allows, "host-a <-> host-b: every protocol");
  EXPECT_EQ(found.rules()[0].there_packets, 3U);
  EXPECT_EQ(found.counters(), (Numbers{{"received", 3}}));
  ASSERT_EQ(found.tables().size(), 1U);
  EXPECT_EQ(found.tables()[0].digest, "d1");
  EXPECT_EQ(found.starts(), 1U);
  EXPECT_EQ(historian_.trouble(), "");
}

TEST_F(HistorianTest, WhatLeavesTheTableIsCountedToItsLastPacket) {
  historian_.start({0});
  send(1);
  publish({kHostB});
  publish({kHostA, kHostB});  // another one of the same name
  send(10);
  Mapping moved = kHostA;
  moved.mapped = parse_ipv4_prefix("172.31.1.11").value();
  publish({moved, kHostB});  // the same name says something else
  send(100);
  publish({make_mapping("renamed", kA, "10.1.1.10", "172.31.1.10"), kHostB});
  send(1000);
  historian_.stop();
  const EvidenceReport found = report();
  const auto mappings = found.mappings();
  ASSERT_EQ(mappings.size(), 4U);
  EXPECT_EQ(mappings[0].mapped, "172.31.1.10");
  EXPECT_EQ(mappings[0].from_packets, 11U);
  EXPECT_EQ(mappings[1].mapped, "172.31.1.11");
  EXPECT_EQ(mappings[1].from_packets, 100U);
  EXPECT_EQ(mappings[2].name, "host-b");
  EXPECT_EQ(mappings[2].to_packets, 1111U);
  EXPECT_EQ(mappings[3].name, "renamed");
  EXPECT_EQ(mappings[3].from_packets, 1000U);
  std::string digests;
  for (const TableInForce& table : found.tables()) {
    digests += table.digest;
  }
  EXPECT_EQ(digests, "d1d2d3d4d5");
}

TEST_F(HistorianTest, ARuleThatSaysSomethingElseIsAnother) {
  historian_.start({0});
  send(2);
  publish({kHostA, kHostB}, rules_for({{0, 65'535}}));
  send(3);
  historian_.stop();
  const auto rules = report().rules();
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].there_packets + rules[1].there_packets, 5U);
  EXPECT_NE(rules[0].allows, rules[1].allows);
}

TEST_F(HistorianTest, AFolderThatCannotBeWrittenIsTold) {
  std::filesystem::remove_all(folder_);
  std::ofstream(folder_) << "a file";
  historian_.start({0});
  send(1);
  historian_.stop();
  EXPECT_TRUE(historian_.trouble().starts_with("cannot open")) << historian_.trouble();
}

}  // namespace
}  // namespace natto
