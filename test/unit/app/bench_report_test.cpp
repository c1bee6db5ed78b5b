#include "bench_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace natto {
namespace {

BenchReport two_workers() {
  return {.version = "1.2.3",
          .cpu = "a processor",
          .tsc_hz = 2'000'000'000,
          .seconds = 2,
          .ports = {{.realm = "a",
                     .device = "net_x0",
                     .driver = "net_x",
                     .received = {.packets = 10, .bytes = 605},
                     .transmitted = {}}},
          .workers = {{.received = 1000,
                       .translated = 900,
                       .transmitted = 901,
                       .polls = 70,
                       .empty_polls = 20,
                       .busy_cycles = 50'000,
                       .empty_cycles = 7'000,
                       .longest_poll_cycles = 4'000},
                      {.received = 200,
                       .translated = 100,
                       .transmitted = 100,
                       .polls = 7,
                       .empty_polls = 2,
                       .busy_cycles = 10'000,
                       .empty_cycles = 700,
                       .longest_poll_cycles = 6'000}},
          .drops = {{.reason = "ttl_expired", .packets = 50},
                    {.reason = "destination_mac_not_ours", .packets = 150}}};
}

TEST(BenchReport, JsonHasWhatWasMeasuredAndOnWhat) {
  const auto json = nlohmann::json::parse(bench_json(two_workers()));
  EXPECT_EQ(json.at("version").get<std::string>(), "1.2.3");
  EXPECT_EQ(json.at("cpu").get<std::string>(), "a processor");
  EXPECT_EQ(json.at("tsc_hz").get<std::uint64_t>(), 2'000'000'000U);
  EXPECT_EQ(json.at("translated_packets").get<int>(), 1000);
  EXPECT_EQ(json.at("translated_pps").get<double>(), 500);
  EXPECT_EQ(json.at("rx_pps").get<double>(), 600);
  EXPECT_EQ(json.at("tx_packets").get<int>(), 1001);
  EXPECT_EQ(json.at("cycles_per_packet").get<double>(), 50);
  EXPECT_EQ(json.at("polls").get<int>(), 77);
  EXPECT_EQ(json.at("empty_polls").get<int>(), 22);
  EXPECT_EQ(json.at("busy_cycles").get<int>(), 60'000);
  EXPECT_EQ(json.at("empty_cycles").get<int>(), 7'700);
  EXPECT_EQ(json.at("longest_poll_us").get<double>(), 3);
  EXPECT_EQ(json.at("workers").at(0).at("longest_poll_us").get<double>(), 2);
  EXPECT_EQ(json.at("drops").at("ttl_expired").get<int>(), 50);
  const auto& port = json.at("ports").at(0);
  EXPECT_EQ(port.at("driver").get<std::string>(), "net_x");
  EXPECT_EQ(port.at("rx_mean_bytes").get<double>(), 60.5);
  EXPECT_EQ(port.at("tx_mean_bytes").get<double>(), 0) << "nothing was sent";
}

TEST(BenchReport, TextBeginsWithTheRateOfTranslatedPackets) {
  const std::string text = bench_text(two_workers());
  EXPECT_LT(text.find("translated/s"), text.find("received/s"));
  EXPECT_NE(text.find("all                   500            600"), std::string::npos) << text;
  EXPECT_NE(text.find("75 /s destination_mac_not_ours (12.5 %)"), std::string::npos) << text;
}

TEST(BenchReport, WarnsOfMoreThanAHundredthDropped) {
  BenchReport report = two_workers();
  EXPECT_EQ(
      bench_warning(report),
      "warning: 16.7 % of the received packets were dropped, most as destination_mac_not_ours");
  report.drops = {{.reason = "ttl_expired", .packets = 13}};
  EXPECT_NE(bench_warning(report), "");
  report.drops = {{.reason = "ttl_expired", .packets = 12}};
  EXPECT_EQ(bench_warning(report), "");
  report.drops.clear();
  report.workers.clear();
  EXPECT_EQ(bench_warning(report), "");
}

TEST(BenchReport, LaterLessEarlierKeepsTheLongestPollSinceTheStart) {
  const BenchWork early{.received = 1, .polls = 2, .longest_poll_cycles = 9};
  const BenchWork late{.received = 5, .polls = 12, .longest_poll_cycles = 10};
  const BenchWork between = late - early;
  EXPECT_EQ(between.received, 4U);
  EXPECT_EQ(between.polls, 10U);
  EXPECT_EQ(between.longest_poll_cycles, 10U);
}

}  // namespace
}  // namespace natto
