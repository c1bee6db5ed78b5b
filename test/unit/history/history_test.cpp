// The history of counters: its lines, its files, and what a report makes of them.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "history/history_files.hpp"
#include "history/period.hpp"
#include "history/report.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

WallTime at(const char* text) { return parse_utc(text).value(); }

MappingCount a_app(std::uint64_t from_packets) {
  return {.name = "a-app",
          .realm = "company-a",
          .real = "10.32.1.157",
          .mapped = "10.33.1.145",
          .from_packets = from_packets,
          .from_bytes = 100 * from_packets,
          .to_packets = 2 * from_packets,
          .to_bytes = 200 * from_packets};
}

Period hour(const char* from, const char* to, std::uint64_t packets = 1) {
  return {
      .from = at(from),
      .to = at(to),
      .tables = {{.version = 1, .digest = "d1", .since = at("2026-01-01")}},
      .counters = {{"received", 3 * packets}},
      .drops = {{"ttl_expired", packets}},
      .ports = {{"company-a", {{"rx_packets", packets}}}, {"company-b", {{"resets", 1}}}},
      .mappings = {a_app(packets)},
      .rules = {{.name = "orders",
                 .allows = "a-app -> b-app: tcp 443",
                 .realms = {"company-a", "company-b"},
                 .there_packets = packets,
                 .refused_openings = 1}},
      .limits = {{.name = "all", .limits = "everybody", .realms = {}, .over_packets = packets}}};
}

EvidenceReport report_of(const std::vector<Period>& periods, const char* from, const char* to,
                         std::optional<std::string> realm = std::nullopt) {
  EvidenceReport report(at(from), at(to), std::move(realm));
  for (const Period& period : periods) {
    report.add(period);
  }
  return report;
}

class HistoryTest : public testing::Test {
 protected:
  [[nodiscard]] std::vector<Period> read(const char* from, const char* to) {
    std::vector<Period> found;
    const auto read = read_history(folder_.path(), at(from), at(to),
                                   [&found](const Period& period) { found.push_back(period); });
    EXPECT_TRUE(read);
    unreadable_ = read->unreadable;
    return found;
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()),
                      std::filesystem::directory_iterator()));
  }

  test::Folder folder_;
  std::uint64_t unreadable_ = 0;
};

TEST_F(HistoryTest, ALineSaysWhatThePeriodSays) {
  Period period = hour("2026-01-31T12:00", "2026-01-31T13:00");
  period.begins = true;
  const auto read = parse_period(to_line(period));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_line(*read), to_line(period));
  EXPECT_TRUE(read->begins);
  EXPECT_FALSE(read->ends);
  EXPECT_EQ(read->rules[0].realms, (std::vector<std::string>{"company-a", "company-b"}));
  EXPECT_EQ(read->mappings[0].to_bytes, 200U);
}

TEST_F(HistoryTest, WhatIsNoLineIsNone) {
  const std::string line = to_line(hour("2026-01-31T12:00", "2026-01-31T13:00"));
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(parse_period(line.substr(0, length))) << length;
  }
  for (const char* text :
       {"1", "[]", "{}", "{\"from\":1}", "{\"from\":\"x\",\"to\":\"2026-01\",\"tables\":[]}",
        "{\"from\":\"2026-01\",\"to\":\"2026-02\",\"tables\":[],\"drops\":[1]}",
        "{\"from\":\"2026-01\",\"to\":\"2026-02\",\"tables\":[],\"mappings\":[[1]]}"}) {
    EXPECT_FALSE(parse_period(text)) << text;
  }
}

TEST_F(HistoryTest, IsLookedAtOnFullHoursAndWhenAMonthBegins) {
  EXPECT_EQ(next_look(at("2026-01-31T12:00"), 0), at("2026-01-31T13:00"));
  EXPECT_EQ(next_look(at("2026-01-31T12:59:59.999"), 0), at("2026-01-31T13:00"));
  // 128 MiB in 31 days are 50 bytes a second: 3,600,000 bytes take 20 hours.
  EXPECT_EQ(next_look(at("2026-01-10T12:30"), 3'600'000), at("2026-01-11T09:00"));
  EXPECT_EQ(next_look(at("2026-01-31T12:30"), 3'600'000), at("2026-02-01"));
  EXPECT_EQ(next_look(at("2026-12-31T23:30"), 0), at("2027-01-01"));
}

TEST_F(HistoryTest, IsAFileAMonthFor13Months) {
  ASSERT_TRUE(append_period(folder_.path(), hour("2026-01-31T23:00", "2026-02-01")));
  ASSERT_TRUE(append_period(folder_.path(), hour("2026-02-01", "2026-02-01T01:00")));
  ASSERT_TRUE(append_period(folder_.path(), hour("2026-03-01", "2026-03-01T01:00")));
  folder_.write("history-of-me.jsonl", "");
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "history-2026-02.jsonl"));
  EXPECT_EQ(files(), 3U);
  EXPECT_EQ(read("2026-01", "2026-12").size(), 3U);
  EXPECT_EQ(read("2026-03", "2026-03").size(), 1U);
  ASSERT_TRUE(append_period(folder_.path(), hour("2027-02-01", "2027-02-01T01:00")));
  EXPECT_EQ(files(), 4U) << "February and the twelve months after it";
  ASSERT_TRUE(append_period(folder_.path(), hour("2027-03-01", "2027-03-01T01:00")));
  EXPECT_EQ(files(), 4U);
  EXPECT_EQ(read("2026-01", "2027-12").size(), 3U);
}

TEST_F(HistoryTest, ALineThatIsBrokenOffCostsNoOther) {
  ASSERT_TRUE(append_period(folder_.path(), hour("2026-01-01", "2026-01-01T01:00")));
  std::ofstream(folder_.path() / "history-2026-01.jsonl", std::ios::app) << "{\"from\":\"20";
  ASSERT_TRUE(append_period(folder_.path(), hour("2026-01-01T01:00", "2026-01-01T02:00")));
  EXPECT_EQ(read("2026-01", "2026-02").size(), 2U);
  EXPECT_EQ(unreadable_, 1U);
}

// RLIMIT_FSIZE stops a write in the middle, as a full disk does.
TEST_F(HistoryTest, AFileThatHasNoRoomIsAsItWas) {
  const auto written = append_period(folder_.path(), hour("2026-01-01", "2026-01-01T01:00"));
  ASSERT_TRUE(written);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{*written + 100, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_FALSE(append_period(folder_.path(), hour("2026-01-01T01:00", "2026-01-01T02:00")));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "history-2026-01.jsonl"), *written);
}

TEST_F(HistoryTest, EachPeriodIsInOneReportOfTwoMonths) {
  const std::vector<Period> periods = {
      hour("2026-01-31T22:00", "2026-01-31T23:00", 1), hour("2026-01-31T23:00", "2026-02-01", 10),
      hour("2026-02-01", "2026-02-01T01:00", 100), hour("2026-02-28T23:30", "2026-03-01", 1000)};
  const auto sum = [&](const char* from, const char* to) {
    return report_of(periods, from, to).mappings()[0].from_packets;
  };
  EXPECT_EQ(sum("2026-01", "2026-02"), 11U);
  EXPECT_EQ(sum("2026-02", "2026-03"), 1100U);
  EXPECT_EQ(sum("2026-01", "2026-03"), 1111U);
  EXPECT_FALSE(report_of(periods, "2025-01", "2025-02").counted());
  const EvidenceReport all = report_of(periods, "2026-01", "2026-03");
  EXPECT_EQ(all.counted()->first, at("2026-01-31T22:00"));
  EXPECT_EQ(all.counted()->second, at("2026-03-01"));
  EXPECT_EQ(all.counters(), (Numbers{{"received", 3333}}));
  EXPECT_EQ(all.drops(), (Numbers{{"ttl_expired", 1111}}));
  EXPECT_EQ(all.ports().at("company-a"), (Numbers{{"rx_packets", 1111}}));
  EXPECT_EQ(all.ports().at("company-b"), (Numbers{{"resets", 4}}));
  EXPECT_EQ(all.mappings()[0].to_bytes, 222'200U);
  EXPECT_EQ(all.rules()[0].there_packets, 1111U);
  EXPECT_EQ(all.rules()[0].refused_openings, 4U);
  EXPECT_EQ(all.limits()[0].over_packets, 1111U);
}

TEST_F(HistoryTest, AReportTellsOfStartsAndOfWhatMayBeLost) {
  std::vector<Period> periods = {
      hour("2026-01-01", "2026-01-01T01:00"), hour("2026-01-01T01:00", "2026-01-01T01:30"),
      hour("2026-01-01T02:00", "2026-01-01T03:00"), hour("2026-01-01T03:20", "2026-01-01T04:00")};
  periods[0].begins = true;
  periods[1].ends = true;
  periods[2].begins = true;
  periods[3].begins = true;  // and nothing says that it ended at 3
  const EvidenceReport report = report_of(periods, "2026-01", "2026-02");
  EXPECT_EQ(report.starts(), 3U);
  ASSERT_EQ(report.gaps().size(), 2U);
  EXPECT_EQ(report.gaps()[0].from, at("2026-01-01T01:30"));
  EXPECT_EQ(report.gaps()[0].to, at("2026-01-01T02:00"));
  EXPECT_FALSE(report.gaps()[0].crashed);
  EXPECT_EQ(report.gaps()[1].from, at("2026-01-01T03:00"));
  EXPECT_TRUE(report.gaps()[1].crashed);
  const std::string text = to_text(report);
  EXPECT_NE(text.find("natto did not run from 2026-01-01T01:30:00.000Z to 2026-01-01T02:00"),
            std::string::npos);
  EXPECT_NE(text.find("natto ended unexpectedly between 2026-01-01T03:00"), std::string::npos);
}

TEST_F(HistoryTest, WhatSaysSomethingElseUnderTheSameNameIsAnother) {
  std::vector<Period> periods = {hour("2026-01-01", "2026-01-01T01:00"),
                                 hour("2026-01-01T01:00", "2026-01-01T02:00")};
  periods[1].mappings[0].real = "10.32.1.158";
  periods[1].rules[0].allows = "a-app -> b-app: tcp 80";
  periods[1].tables.push_back({.version = 2, .digest = "d2", .since = at("2026-01-01T01:30")});
  const EvidenceReport report = report_of(periods, "2026-01", "2026-02");
  EXPECT_EQ(report.mappings().size(), 2U);
  EXPECT_EQ(report.rules().size(), 2U);
  ASSERT_EQ(report.tables().size(), 2U);
  EXPECT_EQ(report.tables()[1].digest, "d2");
}

TEST_F(HistoryTest, OfOneRealmIsWhatItsSideHas) {
  Period period = hour("2026-01-01", "2026-01-01T01:00");
  period.mappings.push_back({.name = "b-app", .realm = "company-b", .real = "1", .mapped = "2"});
  period.rules.push_back({.name = "b alone", .allows = "b", .realms = {"company-b"}});
  const EvidenceReport a = report_of({period}, "2026-01", "2026-02", "company-a");
  ASSERT_EQ(a.mappings().size(), 1U);
  EXPECT_EQ(a.mappings()[0].name, "a-app");
  ASSERT_EQ(a.rules().size(), 1U);
  EXPECT_EQ(a.rules()[0].name, "orders");
  EXPECT_EQ(a.limits().size(), 1U) << "it is of all";
  EXPECT_EQ(a.ports().size(), 1U);
  EXPECT_TRUE(a.counters().empty());
  EXPECT_TRUE(a.drops().empty());
  const auto json = nlohmann::json::parse(to_json(a));
  EXPECT_EQ(json["realm"], "company-a");
  EXPECT_FALSE(json.contains("drops"));
  EXPECT_EQ(json["mappings"][0]["from_bytes"], 100);
}

TEST_F(HistoryTest, EntriesOfTheSameBecomeOne) {
  Period period = hour("2026-01-01", "2026-01-01T01:00");
  period.mappings.push_back(a_app(41));
  sum_up(period);
  ASSERT_EQ(period.mappings.size(), 1U);
  EXPECT_EQ(period.mappings[0].from_packets, 42U);
}

}  // namespace
}  // namespace natto
