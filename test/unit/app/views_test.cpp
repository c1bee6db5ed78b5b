#include "views.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

TEST(Views, ShortNumbersAreIptables) {
  EXPECT_EQ(short_number(0, false), "0");
  EXPECT_EQ(short_number(99'999, false), "99999");
  EXPECT_EQ(short_number(100'000, false), "100K");
  EXPECT_EQ(short_number(9'999'400, false), "9999K");
  EXPECT_EQ(short_number(9'999'600, false), "10M");
  EXPECT_EQ(short_number(12'345'678'900'000, false), "12T");
  EXPECT_EQ(short_number(UINT64_MAX, true), "18446744073709551615");
}

TEST(Views, Ages) {
  EXPECT_EQ(age(0, 1'000'000), "never");
  EXPECT_EQ(age(1'000'000, 1'000'999), "0s");
  EXPECT_EQ(age(1'000'000, 1'059'999), "59s");
  EXPECT_EQ(age(1'000'000, 1'060'000), "1m");
  EXPECT_EQ(age(1'000'000, 1'000'000 + 3'599'000), "59m");
  EXPECT_EQ(age(1'000'000, 1'000'000 + 7'200'000), "2h");
  EXPECT_EQ(age(1'000'000, 1'000'000 + 3 * 86'400'000), "3d");
  EXPECT_EQ(age(2'000, 1'000), "0s") << "clocks differ a little";
}

Json page() {
  return {{"generation", 3},
          {"next", 2},
          {"end", 1},
          {"name", {"a", "b"}},
          {"realm", {"one", "two"}},
          {"real", {"10.0.0.1", "10.0.0.0/24"}},
          {"mapped", {"172.16.0.1", "172.17.0.0/24"}},
          {"line", {1, 6}},
          {"from_packets", {10, 250'000}},
          {"from_bytes", {840, 1'000}},
          {"from_last_ms", {5'000, 0}},
          {"to_packets", {1, 2}},
          {"to_bytes", {99'000, 2'000}},
          {"to_last_ms", {7'000, 6'000}}};
}

TEST(Views, PagesBecomeRows) {
  const Json rows = mapping_rows(page());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1]["name"], "b");
  EXPECT_EQ(rows[1]["from_packets"], 250'000);
  EXPECT_EQ(rows[0]["to_last_ms"], 7'000);
  EXPECT_FALSE(rows[0].contains("generation"));
}

std::string order(std::string_view by) {
  Json rows = mapping_rows(page());
  sort_mappings(rows, by);
  return rows[0]["name"].get<std::string>() + rows[1]["name"].get<std::string>();
}

TEST(Views, MappingsAreSortedByBothDirectionsTogether) {
  EXPECT_EQ(order("file"), "ab");
  EXPECT_EQ(order("name"), "ab");
  EXPECT_EQ(order("packets"), "ba");
  EXPECT_EQ(order("bytes"), "ab");
  EXPECT_EQ(order("last"), "ab");
}

TEST(Views, AMappingIsALine) {
  const std::string view = mappings_view(mapping_rows(page()), 67'000, false);
  EXPECT_EQ(std::ranges::count(view, '\n'), 3);
  EXPECT_NE(view.find("     250K      1000  never           2      2000     1m   b "),
            std::string::npos)
      << view;
  EXPECT_NE(view.find("10.0.0.0/24        -> 172.17.0.0/24"), std::string::npos) << view;
  EXPECT_NE(mappings_view(mapping_rows(page()), 0, true).find("250000"), std::string::npos);
}

TEST(Views, DropsSayWhatTheyMeanMostFrequentFirst) {
  const Json drops = explain_drops({{"ttl_expired", {{"packets", 1}, {"per_second", 0}}},
                                    {"source_not_mapped", {{"packets", 7}, {"per_second", 3}}},
                                    {"from_tomorrow", {{"packets", 2}, {"per_second", 0}}}});
  const std::string view = drops_view(drops);
  EXPECT_LT(view.find("source_not_mapped"), view.find("from_tomorrow"));
  EXPECT_LT(view.find("from_tomorrow"), view.find("ttl_expired"));
  EXPECT_NE(view.find("-> add a [[mapping]] for the sender"), std::string::npos) << view;
  EXPECT_EQ(drops_view(Json::object()), "nothing was dropped\n");
}

TEST(Views, WorkersInPercentAndCycles) {
  const Json workers = {{"tsc_hz", 1'000'000'000},
                        {"workers",
                         {{"0",
                           {{"lcore", 3},
                            {"received", 640},
                            {"polls", 1'000},
                            {"busy_polls", 20},
                            {"cycles", 1'000'000},
                            {"busy_cycles", 64'000},
                            {"longest_gap_cycles", 5'000},
                            {"stalled", 1}}}}}};
  const std::string view = workers_view(workers);
  EXPECT_NE(view.find("6.4%"), std::string::npos) << view;
  EXPECT_NE(view.find("32.0"), std::string::npos) << "packets a busy poll";
  EXPECT_NE(view.find(" 100 "), std::string::npos) << "cycles a packet";
  EXPECT_NE(view.find("5.0 us"), std::string::npos);
  EXPECT_NE(view.find("STALLED"), std::string::npos);
}

TEST(Views, PortsShowHowTheyRunAndWhatTheyLose) {
  Json ports = Json::array({{{"realm", "a"},
                             {"device", "0000:00:06.0"},
                             {"driver", "net_ena"},
                             {"mac", "02:00:00:00:00:01"},
                             {"address", "10.0.0.1/24"},
                             {"mtu", 9001},
                             {"state", "resetting"},
                             {"state_since_ms", 1'764'000'000'000},
                             {"link", "up"},
                             {"speed_mbps", 0},
                             {"queues", 2},
                             {"rx_descriptors", 1024},
                             {"tx_descriptors", 512},
                             {"rss", "TCP, UDP"},
                             {"checksum_offload", "off"},
                             {"no_checksum_offload_because", "the configuration turns it off"},
                             {"link_losses", 2},
                             {"resets", 3},
                             {"failed_resets", 4},
                             {"recoveries", 0},
                             {"reset_cause", "the driver asked for it"},
                             {"next_hop", "10.0.0.254"},
                             {"next_hop_mac", ""},
                             {"rx_packets", 1},
                             {"tx_packets", 2},
                             {"rx_per_second", 3},
                             {"tx_per_second", 4},
                             {"kernel_interface", ""},
                             {"kernel_given", 0},
                             {"kernel_taken", 0},
                             {"kernel_refused", 0},
                             {"counters",
                              {{"pps_allowance_exceeded",
                                {{"value", 500},
                                 {"last_minute", 20},
                                 {"meaning", "too many packets"},
                                 {"advice", "send fewer"}}}}}}});
  const std::string view = ports_view(ports);
  EXPECT_NE(view.find("next hop 10.0.0.254 (ARP has no answer yet)"), std::string::npos) << view;
  EXPECT_NE(view.find("2 queue(s) with 1024 receive and 512 transmit descriptors; RSS TCP, UDP"),
            std::string::npos);
  EXPECT_NE(view.find("checksum offload off: the configuration turns it off"), std::string::npos);
  EXPECT_NE(view.find("500  +20 in the last minute"), std::string::npos);
  EXPECT_NE(view.find("too many packets\n      -> send fewer"), std::string::npos);
  EXPECT_NE(view.find("resetting since 20"), std::string::npos) << view;
  EXPECT_NE(
      view.find("; resets: 3; failed resets: 4 (because the driver asked for it); link lost: 2"),
      std::string::npos)
      << view;
  EXPECT_EQ(view.find("recover"), std::string::npos) << "what never happened is not shown";
  EXPECT_EQ(view.find("Mbit/s"), std::string::npos) << "an unknown speed is not shown";
  EXPECT_EQ(view.find("kernel"), std::string::npos);

  ports[0].update({{"kernel_interface", "natto0"}, {"kernel_given", 7}, {"kernel_taken", 8}});
  EXPECT_NE(ports_view(ports).find(
                "kernel interface natto0: 7 packets to it, 8 from it, 0 from it refused"),
            std::string::npos);
}

TEST(Views, AnOutcomeEndsWithItsNumbers) {
  const Json outcome = {{"generation", 4},      {"mappings", 3},     {"added", 1},
                        {"removed", 0},         {"changed", 2},      {"digest_before", "aa"},
                        {"digest_after", "bb"}, {"parse_us", 10},    {"build_us", 20},
                        {"grace_us", 30},       {"grace_pending", 1}};
  const std::string view = outcome_view(outcome, "+ x\n", false);
  EXPECT_TRUE(view.starts_with("+ x\ngeneration 4, 3 mappings: 1 added, 0 removed, 2 changed\n"));
  EXPECT_NE(view.find("digest aa -> bb"), std::string::npos);
  EXPECT_NE(view.find("a worker still uses the old table"), std::string::npos);
  EXPECT_NE(outcome_view(outcome, "", true).find("a reload would give 3 mappings"),
            std::string::npos);
}

TopSample sample(double seconds, std::uint64_t packets) {
  Json rows = mapping_rows(page());
  rows[0]["from_packets"] = packets;
  return {
      .seconds = seconds,
      .counters = {{"received", packets}, {"translated", packets}, {"dropped", packets / 2}},
      .drops = {{"ttl_expired", {{"packets", packets / 2}, {"per_second", 0}}}},
      .ports =
          {{"0",
            {{"realm", "one"}, {"link", "up"}, {"rx_packets", packets}, {"tx_packets", packets}}}},
      .workers = {{"tsc_hz", 1},
                  {"workers",
                   {{"0",
                     {{"lcore", 1},
                      {"received", packets},
                      {"cycles", packets * 200},
                      {"busy_cycles", packets * 100}}}}}},
      .mappings = rows};
}

TEST(Views, TopShowsWhatHappenedInBetween) {
  const Json rates = top_rates(sample(10, 1'000), sample(12, 3'000));
  EXPECT_EQ(rates["received"], 1'000);
  EXPECT_EQ(rates["dropped"], 500);
  EXPECT_EQ(rates["drops"]["ttl_expired"], 500);
  EXPECT_EQ(rates["ports"][0]["sent"], 1'000);
  EXPECT_EQ(rates["workers"][0]["busy_percent"], 50.0);
  EXPECT_EQ(rates["workers"][0]["cycles_per_packet"], 100.0);
  ASSERT_EQ(rates["mappings"].size(), 1U) << "idle mappings are not shown";
  EXPECT_EQ(rates["mappings"][0]["name"], "a");
  EXPECT_EQ(rates["mappings"][0]["from_packets"], 1'000);
  const std::string view = top_view(rates);
  EXPECT_NE(view.find("per second: 1000 received, 1000 translated, 500 dropped"), std::string::npos)
      << view;
}

TEST(Views, TopBearsARestartAndNewMappings) {
  TopSample before = sample(10, 5'000);
  before.mappings = Json::array();
  before.drops = Json::object();
  const Json rates = top_rates(before, sample(11, 100));
  EXPECT_EQ(rates["received"], 0) << "counters began again";
  EXPECT_EQ(rates["drops"]["ttl_expired"], 50);
}

TEST(Views, AnAnswerWithoutItsMembersIsAnException) {
  EXPECT_THROW(static_cast<void>(table_view(Json::object())), Json::exception);
  EXPECT_THROW(static_cast<void>(workers_view(Json(3))), Json::exception);
}

}  // namespace
}  // namespace natto
