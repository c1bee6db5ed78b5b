#include "top_rates.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

TopSample sample(double seconds, std::uint64_t packets) {
  return {
      .seconds = seconds,
      .counters = {.received = packets, .translated = packets, .dropped = packets / 2},
      .drops = {.drops = {{.reason = "ttl_expired", .packets = packets / 2}}},
      .ports =
          {.ports = {{.realm = "one", .link = "up", .rx_packets = packets, .tx_packets = packets}}},
      .workers = {.tsc_hz = 1,
                  .workers = {{.lcore = 1,
                               .received = packets,
                               .cycles = packets * 200,
                               .busy_cycles = packets * 100}}},
      .busiest = {.version = 1,
                  .sample = 3,
                  .elapsed_us = 2'000'000,
                  .mappings = {{.name = "a", .from_packets = packets, .to_bytes = 500}}}};
}

TEST(TopRates, AreWhatHappenedInBetween) {
  const TopRates rates = top_rates(sample(10, 1'000), sample(12, 3'000));
  EXPECT_EQ(rates.received, 1'000U);
  EXPECT_EQ(rates.dropped, 500U);
  EXPECT_EQ(rates.drops.at(0).packets, 500U);
  EXPECT_EQ(rates.ports.at(0).sent, 1'000U);
  EXPECT_EQ(rates.workers.at(0).busy_percent, 50.0);
  EXPECT_EQ(rates.workers.at(0).cycles_per_packet, 100.0);
  ASSERT_EQ(rates.mappings.size(), 1U);
  EXPECT_EQ(rates.mappings[0].name, "a");
  EXPECT_EQ(rates.mappings[0].from_packets, 1'500U) << "natto itself has compared";
  EXPECT_EQ(rates.mappings[0].to_bytes, 250U);
  EXPECT_TRUE(
      top_view(rates).starts_with("per second: 1000 received, 1000 translated, 500 dropped\n"));
}

TEST(TopRates, OfNoTimeAreNone) {
  TopSample now = sample(12, 3'000);
  now.busiest = {.version = 2, .sample = 4, .elapsed_us = 0, .mappings = {}};
  EXPECT_TRUE(top_rates(sample(10, 1'000), now).mappings.empty());
}

TEST(TopRates, BearARestart) {
  TopSample before = sample(10, 5'000);
  before.drops.drops.clear();
  before.workers.workers.clear();
  const TopRates rates = top_rates(before, sample(11, 100));
  EXPECT_EQ(rates.received, 0U) << "counters began again";
  EXPECT_EQ(rates.drops.at(0).packets, 50U);
}

TEST(TopRates, AsJson) {
  const std::string json = top_json(top_rates(sample(10, 1'000), sample(12, 3'000)));
  EXPECT_TRUE(json.starts_with(R"({"received":1000,"translated":1000,"dropped":500,"ports":[{)"));
  EXPECT_NE(json.find(R"("drops":{"ttl_expired":500})"), std::string::npos) << json;
}

}  // namespace
}  // namespace natto
