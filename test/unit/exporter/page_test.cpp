#include "exporter/page.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace natto {
namespace {

using Json = nlohmann::json;

HistorySample sample(double seconds, std::uint64_t packets, std::uint64_t started = 1) {
  HistorySample made{.seconds = seconds, .started = started};
  made.counters = {.received = packets, .translated = packets / 2, .dropped = 0};
  made.ports.ports = {{.realm = "a", .rx_packets = packets, .tx_packets = 1}};
  made.workers.workers = {{.lcore = 3, .cycles = packets * 4, .busy_cycles = packets}};
  return made;
}

TEST(History, TellsRatesBetweenTwoLooks) {
  History history;
  history.add(1'000, sample(1, 100));
  EXPECT_EQ(Json(history.json())["at_ms"], Json::array()) << "there is nothing to compare with";
  history.add(3'000, sample(3, 300));
  history.add(5'000, sample(7, 340));
  const Json json = history.json();
  EXPECT_EQ(json["at_ms"], Json({3'000, 5'000}));
  EXPECT_EQ(json["received"], Json({100.0, 10.0}));
  EXPECT_EQ(json["translated"], Json({50.0, 5.0}));
  EXPECT_EQ(json["dropped"], Json({0.0, 0.0}));
  EXPECT_EQ(json["ports"], Json::parse(R"([{"realm":"a","rx":[100.0,10.0],"tx":[0.0,0.0]}])"));
  EXPECT_EQ(json["workers"], Json::parse(R"([{"lcore":3,"busy":[0.25,0.25]}])"));
}

TEST(History, DrawsNothingWhereNattoDidNotAnswerOrBeganAnew) {
  History history;
  history.add(1'000, sample(1, 100));
  history.add(3'000, std::nullopt);
  history.add(5'000, sample(5, 100));
  history.add(7'000, sample(7, 120));
  history.add(9'000, sample(9, 500, 2));
  const Json json = history.json();
  EXPECT_EQ(json["received"], Json::parse("[null,null,10.0,null]"));
  EXPECT_EQ(json["ports"][0]["rx"], Json::parse("[null,null,10.0,null]"));
  EXPECT_EQ(json["workers"][0]["busy"], Json::parse("[null,null,0.25,null]"));
}

TEST(History, ForgetsWhatIsOlderThanTenMinutes) {
  History history;
  for (std::uint64_t i = 0; i < 2 * History::kKept; ++i) {
    history.add(i, sample(static_cast<double>(i), i));
  }
  EXPECT_EQ(Json(history.json())["at_ms"].size(), History::kKept);
  EXPECT_EQ(History::kKept * History::kPeriodMs, 600'000U);
}

TEST(Page, TellsOfANattoWhatAPersonLooksFor) {
  Snapshot natto;
  natto.process.version = "1.2.3";
  natto.table = {.version = 3, .mappings = 2};
  natto.ports.ports = {{.realm = "a<b>",
                        .state = "dead",
                        .counters = {{.name = "rx_errors", .value = 4, .advice = "look"}}}};
  natto.health.ports = {{.realm = "a<b>", .state = "dead"}};
  natto.drops.drops = {{.reason = "ipv6", .packets = 2, .meaning = "m", .advice = "none"}};
  const Json json = Json::parse(page_json(natto, History()));
  EXPECT_EQ(json["up"], true);
  EXPECT_EQ(json["health"]["state"], "unhealthy");
  EXPECT_EQ(json["health"]["findings"][0]["subject"], "a<b>");
  EXPECT_EQ(json["process"]["version"], "1.2.3");
  EXPECT_EQ(json["table"]["version"], 3);
  EXPECT_EQ(json["ports"][0]["realm"], "a<b>");
  EXPECT_EQ(json["ports"][0]["losses"][0]["advice"], "look");
  EXPECT_EQ(json["drops"][0]["advice"], "none");
  EXPECT_EQ(json["hints"], Json::array());
}

TEST(Page, TellsWhyNattoDoesNotAnswer) {
  const Json none = Json::parse(page_json(system_error("no natto\n  start it"), History()));
  EXPECT_EQ(none["up"], false);
  EXPECT_EQ(none["health"]["state"], "not running");
  EXPECT_EQ(none["health"]["findings"][0]["advice"], "start it");
  EXPECT_EQ(none["ports"], Json::array());
  const Json silent = Json::parse(page_json(Error{ErrorKind::kSilent, "stopped"}, History()));
  EXPECT_EQ(silent["health"]["state"], "unhealthy");
}

std::vector<api::MappingReport> many(std::size_t count) {
  std::vector<api::MappingReport> mappings;
  for (std::size_t i = 0; i < count; ++i) {
    mappings.push_back({.name = "Host-" + std::to_string(i), .from_packets = i, .to_packets = 1});
  }
  return mappings;
}

TEST(Page, FindsMappingsByPartsOfTheirNames) {
  const Json found = Json::parse(mappings_json(many(100), "hOST-9"));
  EXPECT_EQ(found["found"], 11);
  ASSERT_EQ(found["mappings"].size(), 11U);
  EXPECT_EQ(found["mappings"][0]["name"], "Host-99") << "the busiest";
  EXPECT_EQ(Json::parse(mappings_json(many(100), "nobody"))["found"], 0);
}

TEST(Page, ShowsTheBusiestOfMany) {
  const Json found = Json::parse(mappings_json(many(100), "10.0.0.0/8"));
  EXPECT_EQ(found["found"], 100) << "natto has found them by their addresses";
  ASSERT_EQ(found["mappings"].size(), kMostRows);
  EXPECT_EQ(found["mappings"][0]["name"], "Host-99");
  EXPECT_EQ(Json::parse(mappings_json(many(50), "", 7))["found"], 57);
}

TEST(Page, AsksNattoForAddressesAndTheBusiestAndElseForAll) {
  EXPECT_EQ(request_for("").sort, "packets");
  EXPECT_EQ(request_for("").limit, kMostRows);
  EXPECT_EQ(request_for("10.0.0.0/8").filter, "10.0.0.0/8");
  EXPECT_EQ(request_for("10.0.0.0/8").limit, 0U);
  EXPECT_EQ(request_for("host").filter, "");
  EXPECT_EQ(request_for("host").limit, 0U);
}

TEST(Page, IsOneFileThatAsksNobodyElse) {
  EXPECT_TRUE(kPage.starts_with("<!doctype html>"));
  EXPECT_TRUE(kPage.ends_with("</html>\n"));
  for (const char* const foreign : {"src=", "@import", "url(", "innerHTML", "document.write"}) {
    EXPECT_EQ(kPage.find(foreign), std::string_view::npos) << foreign;
  }
}

}  // namespace
}  // namespace natto
