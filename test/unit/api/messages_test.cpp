#include "api/messages.hpp"

#include <gtest/gtest.h>

namespace natto::api {
namespace {

template <typename One>
One parsed(std::string_view line) {
  const Result<Request> request = parse_request(line);
  EXPECT_TRUE(request.ok()) << line;
  return std::get<One>(*request);
}

TEST(Messages, RequestsArriveAsTheyWereSent) {
  EXPECT_EQ(to_line(Request(TableRequest())), R"({"request":"table"})");
  const std::string line = to_line(Request(MappingsRequest{.filter = "10.0.0.0/8"}));
  EXPECT_EQ(line, R"({"request":"mappings","filter":"10.0.0.0/8","sort":"file","limit":0})");
  EXPECT_EQ(parsed<MappingsRequest>(line).filter, "10.0.0.0/8");
  const auto explain = parsed<ExplainRequest>(
      to_line(Request(ExplainRequest{.frame = "0123", .realm = "company-a"})));
  EXPECT_EQ(explain.frame, "0123");
  EXPECT_EQ(explain.realm, "company-a");
}

TEST(Messages, WhatARequestLeavesOutHasItsDefault) {
  EXPECT_EQ(parsed<MappingsRequest>(R"({"request":"mappings"})").filter, "");
  EXPECT_EQ(parsed<ExplainRequest>(R"({"request":"explain","frame":"00"})").realm, "");
}

TEST(Messages, WrongRequestsAreUsageAndSaySo) {
  const auto wrong = [](std::string_view line) {
    const Result<Request> request = parse_request(line);
    EXPECT_FALSE(request.ok()) << line;
    EXPECT_EQ(request.error().kind, ErrorKind::kUsage) << line;
    return request.error().message;
  };
  for (const char* line : {"", "{", "3", "[]", "{}", "null", R"({"request":3})", "\xff\xfe",
                           R"({"request":"table"} {})"}) {
    EXPECT_NE(wrong(line).find("a request is a JSON object"), std::string::npos) << line;
  }
  EXPECT_EQ(wrong(std::string(60'000, '[')), wrong(std::string(60'000, '{')));
  EXPECT_EQ(wrong(R"({"request":"tables"})"), "there is no request tables: doc/api.md lists them");
  EXPECT_EQ(wrong(R"({"request":"mappings","fliter":"x"})"),
            "the request mappings knows no fliter");
  EXPECT_EQ(wrong(R"({"request":"mappings","filter":3})"), "filter is not a text");
  EXPECT_EQ(wrong(R"({"request":"port","port":-1})"), "port is not a whole number");
  EXPECT_EQ(wrong(R"({"request":"port","port":1.5})"), "port is not a whole number");
}

TEST(Messages, ReportsArriveAsTheyWereMade) {
  PortsReport ports{.ports = {{.realm = "a", .link = "up", .rx_packets = UINT64_MAX}}};
  ports.ports[0].counters = {{.name = "lost", .value = 3}};
  const auto reply = parse_reply<PortsReport>(to_line(ports));
  ASSERT_TRUE(reply.ok());
  const auto& report = std::get<PortsReport>(*reply);
  ASSERT_EQ(report.ports.size(), 1U);
  EXPECT_EQ(report.ports[0].rx_packets, UINT64_MAX);
  EXPECT_EQ(report.ports[0].counters.at(0).name, "lost");

  const ExplainReport explain{.version = {}, .sent = true, .reason = "", .steps = {"one", "two"}};
  EXPECT_EQ(to_line(explain), R"({"sent":true,"reason":"","rule":"","steps":["one","two"]})");
  const auto explained = parse_reply<ExplainReport>(to_line(explain));
  ASSERT_TRUE(explained.ok());
  EXPECT_FALSE(std::get<ExplainReport>(*explained).version);
  EXPECT_EQ(std::get<ExplainReport>(*explained).steps.size(), 2U);
}

TEST(Messages, ReportsOfANewerNattoMaySayMore) {
  const auto reply = parse_reply<DropsReport>(R"({"drops":[],"hints":[],"weather":"fine"})");
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(std::holds_alternative<DropsReport>(*reply));
}

TEST(Messages, ReportsThatDoNotFitAreErrors) {
  for (const char* line : {"", "nonsense", "[]", "{}", R"({"drops":3})", R"({"drops":[{}]})"}) {
    const auto reply = parse_reply<DropsReport>(line);
    ASSERT_FALSE(reply.ok()) << line;
    EXPECT_EQ(reply.error().kind, ErrorKind::kSystem);
    EXPECT_NE(reply.error().message.find("another version"), std::string::npos);
  }
}

TEST(Messages, ProgressAndErrorsAreToldFromReports) {
  const auto progress = parse_reply<TableReport>(R"({"progress":"reading"})");
  ASSERT_TRUE(progress.ok());
  EXPECT_EQ(std::get<ProgressReport>(*progress).progress, "reading");
  for (const ErrorKind kind :
       {ErrorKind::kUsage, ErrorKind::kInput, ErrorKind::kSystem, ErrorKind::kDenied}) {
    const auto error = parse_reply<TableReport>(to_line(to_report(Error{kind, "a\n\"b\""})));
    ASSERT_TRUE(error.ok());
    EXPECT_EQ(to_error(std::get<ErrorReport>(*error)).kind, kind);
    EXPECT_EQ(to_error(std::get<ErrorReport>(*error)).message, "a\n\"b\"");
  }
  EXPECT_EQ(to_error({{.kind = "from tomorrow", .message = "x"}}).kind, ErrorKind::kSystem);
}

TEST(Messages, ALineIsOneLineWhateverIsInIt) {
  const std::string line =
      to_line(TableReport{.digest = "a\nb", .file = std::string("\xff\0\x1b", 3)});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto reply = parse_reply<TableReport>(line);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(std::get<TableReport>(*reply).digest, "a\nb");
}

}  // namespace
}  // namespace natto::api
