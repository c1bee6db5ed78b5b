#include "health_judgement.hpp"

#include <gtest/gtest.h>

#include "views.hpp"

namespace natto {
namespace {

using State = HealthJudgement::State;

constexpr std::uint64_t kLongest = kLongestHealthySilence.count();

/// Of a natto that is as it should be.
api::HealthReport facts() {
  return {.role = "active",
          .version = 3,
          .mappings = 7,
          .file = "/etc/natto/mappings.toml",
          .file_state = "same",
          .since_control_us = 900,
          .workers = {{.lcore = 1, .polls = 5, .since_poll_us = 2},
                      {.lcore = 2, .polls = 5, .since_poll_us = 3}},
          .ports = {{.realm = "a",
                     .state = "up",
                     .next_hop = "10.0.0.254",
                     .next_hop_mac = "02:00:00:00:00:09"},
                    {.realm = "b", .state = "up"}}};
}

/// The findings, which must make it unhealthy, as text.
std::string wrong(const api::HealthReport& report) {
  const HealthJudgement judgement = judge_health(report);
  EXPECT_EQ(judgement.state, State::kUnhealthy);
  return health_text(judgement);
}

TEST(HealthJudgementTest, AllIsWell) {
  const HealthJudgement judgement = judge_health(facts());
  EXPECT_EQ(judgement.state, State::kHealthy);
  EXPECT_EQ(health_text(judgement),
            "healthy: 2 worker(s), 2 port(s), 7 mapping(s) in version 3, active\n");
  EXPECT_EQ(health_json(judgement), "{\"state\":\"healthy\",\"findings\":[],\"warnings\":[]}\n");
}

TEST(HealthJudgementTest, AWarningMakesNothingUnhealthy) {
  api::HealthReport report = facts();
  report.warnings = {"the audit is not written: no room"};
  EXPECT_EQ(judge_health(report).state, State::kHealthy);
  EXPECT_EQ(health_text(judge_health(report)),
            "healthy: 2 worker(s), 2 port(s), 7 mapping(s) in version 3, active\n"
            "warning: the audit is not written: no room\n");
  report.workers[0].polls = 0;
  EXPECT_TRUE(wrong(report).ends_with("\nwarning: the audit is not written: no room\n"));
}

TEST(HealthJudgementTest, AWorkerThatPollsIsHealthyWhetherItFindsPacketsOrNot) {
  api::HealthReport report = facts();
  report.workers[1] = {.lcore = 2, .polls = 1, .since_poll_us = kLongest};
  EXPECT_EQ(judge_health(report).state, State::kHealthy);
}

TEST(HealthJudgementTest, AWorkerThatStandsStillIsNamed) {
  api::HealthReport report = facts();
  report.workers[1].since_poll_us = 12'345'678;
  EXPECT_EQ(wrong(report),
            "worker lcore 2: the worker has made no progress for 12.3 s, and its packets wait -> "
            "see what holds its core: a debugger, another program, an overcommitted host\n");
  report.workers[1].since_poll_us = kLongest + 1;
  EXPECT_EQ(judge_health(report).state, State::kUnhealthy);
}

TEST(HealthJudgementTest, AWorkerThatHasNotBegunForwardsNothing) {
  api::HealthReport report = facts();
  report.workers[0] = {.lcore = 1, .polls = 0, .since_poll_us = 0};
  EXPECT_TRUE(wrong(report).starts_with("worker lcore 1: the worker has not begun -> wait"));
}

TEST(HealthJudgementTest, AControlThreadThatHangsShowsThoughTheSocketAnswers) {
  api::HealthReport report = facts();
  report.since_control_us = kLongest;
  EXPECT_EQ(judge_health(report).state, State::kHealthy);
  report.since_control_us = 5'000'000;
  EXPECT_TRUE(wrong(report).starts_with("control: the control thread has done nothing for 5.0 s"));
}

TEST(HealthJudgementTest, APortThatIsNotUpIsTheCauseAndItsNextHopIsNotNamed) {
  for (const auto& [state, advice] :
       {std::pair("link down", "ip link"), std::pair("interface gone", "restart natto"),
        std::pair("recovering", "wait"), std::pair("resetting", "wait"),
        std::pair("dead", "replace the card")}) {
    api::HealthReport report = facts();
    report.ports[0].state = state;
    report.ports[0].state_since_ms = 1'764'000'000'000;
    report.ports[0].next_hop_mac = "";
    const std::string text = wrong(report);
    EXPECT_TRUE(text.starts_with("port a: " + std::string(state) + " since " +
                                 local_time(1'764'000'000'000) + " -> "))
        << text;
    EXPECT_NE(text.find(advice), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  }
}

TEST(HealthJudgementTest, AGatewayThatIsNotResolvedOrWentSilentIsNamed) {
  api::HealthReport report = facts();
  report.ports[0].next_hop_silent = true;
  EXPECT_TRUE(wrong(report).starts_with(
      "next_hop a: the gateway 10.0.0.254 no longer answers ARP; natto goes on sending to it -> "));
  report.ports[0].next_hop_mac = "";
  EXPECT_TRUE(wrong(report).starts_with(
      "next_hop a: the gateway 10.0.0.254 has not answered ARP, and natto sends nothing to it"));
}

TEST(HealthJudgementTest, AFileThatIsRefusedIsNamedWithItsFirstError) {
  api::HealthReport report = facts();
  report.file_state = "refused";
  report.file_refused_ms = 1'764'000'000'000;
  report.file_error = "mappings.toml:5:10: mapped: twice\nmappings.toml:6:1: more";
  EXPECT_EQ(wrong(report),
            "table /etc/natto/mappings.toml: refused since " + local_time(1'764'000'000'000) +
                ", version 3 stays in force: mappings.toml:5:10: mapped: twice -> correct it "
                "(natto check lists every error); natto loads it when it changes\n");
  report.file_error =
      "mappings.toml: takes much away\n  if that is meant: natto reload --confirm D";
  EXPECT_TRUE(wrong(report).ends_with(
      "mappings.toml: takes much away -> if that is meant: natto reload --confirm D\n"))
      << wrong(report);
}

TEST(HealthJudgementTest, AnotherTableOfThePeerIsAWarning) {
  api::HealthReport report = facts();
  report.peer = "natto-b";
  report.peer_differs = true;
  HealthJudgement judgement = judge_health(report);
  EXPECT_EQ(judgement.state, State::kHealthy);
  EXPECT_NE(health_text(judgement).find("\nwarning: peer natto-b: its table is another than"),
            std::string::npos);
  EXPECT_NE(health_json(judgement).find("\"warnings\":[{\"check\":\"peer\""), std::string::npos);
  EXPECT_EQ(track_value(judgement), 0);
  report.file_state = "refused";
  judgement = judge_health(report);
  EXPECT_EQ(judgement.state, State::kUnhealthy);
  EXPECT_NE(health_text(judgement).find("\nwarning: peer natto-b: "), std::string::npos);
}

TEST(HealthJudgementTest, WhoForwardsStaysInTheElection) {
  EXPECT_EQ(track_value(judge_health(facts())), 0);
  api::HealthReport report = facts();
  report.file_state = "refused";
  report.ports[0].next_hop_silent = true;
  EXPECT_EQ(track_value(judge_health(report)), kServesLess);
  report.workers[0].since_poll_us = kLongest + 1;
  EXPECT_EQ(track_value(judge_health(report)), kServesNothing);
}

TEST(HealthJudgementTest, WhoDoesNotForwardLeavesIt) {
  api::HealthReport no_link = facts();
  no_link.ports[1].state = "link down";
  EXPECT_EQ(track_value(judge_health(no_link)), kServesNothing);
  api::HealthReport no_control = facts();
  no_control.since_control_us = kLongest + 1;
  EXPECT_EQ(track_value(judge_health(no_control)), kServesNothing);
  EXPECT_EQ(track_value(judge_unreachable({ErrorKind::kSystem, "none"})), kServesNothing);
  EXPECT_EQ(track_value(judge_unanswered({ErrorKind::kSilent, "none"})), kServesNothing);
}

TEST(HealthJudgementTest, ATableThatWasRolledBackIsHealthy) {
  api::HealthReport report = facts();
  report.file_state = "differs";
  EXPECT_EQ(judge_health(report).state, State::kHealthy);
}

TEST(HealthJudgementTest, EverythingThatIsWrongHasItsLine) {
  api::HealthReport report = facts();
  report.since_control_us = report.workers[0].since_poll_us = 2 * kLongest;
  report.ports[1].state = "dead";
  report.ports[0].next_hop_mac = "";
  report.file_state = "refused";
  std::string checks;
  for (const HealthFinding& finding : judge_health(report).findings) {
    checks += std::string(finding.check) + " ";
    EXPECT_NE(finding.advice, "");
  }
  EXPECT_EQ(checks, "control worker next_hop port table ");
}

TEST(HealthJudgementTest, WhoCannotBeConnectedToDoesNotRunUnlessItIsSilent) {
  const HealthJudgement nobody =
      judge_unreachable({ErrorKind::kSystem, "no natto runs here\n  start it\n  or ask"});
  EXPECT_EQ(nobody.state, State::kNotRunning);
  EXPECT_EQ(health_text(nobody), "natto: no natto runs here -> start it\n");
  EXPECT_EQ(health_json(nobody),
            "{\"state\":\"not running\",\"findings\":[{\"check\":\"natto\",\"subject\":\"\","
            "\"what\":\"no natto runs here\",\"advice\":\"start it\"}],\"warnings\":[]}\n");
  EXPECT_EQ(judge_unreachable({ErrorKind::kDenied, "denied"}).state, State::kNotRunning);
  EXPECT_EQ(judge_unreachable({ErrorKind::kSilent, "full"}).state, State::kUnhealthy);
}

TEST(HealthJudgementTest, WhoIsAskedAndDoesNotReportIsUnhealthyUnlessItMayNotBeAsked) {
  const HealthJudgement silent = judge_unanswered({ErrorKind::kSilent, "natto does not answer"});
  EXPECT_EQ(silent.state, State::kUnhealthy);
  EXPECT_EQ(health_text(silent), "natto: natto does not answer\n");
  EXPECT_EQ(judge_unanswered({ErrorKind::kSystem, "100 other clients"}).state, State::kUnhealthy);
  EXPECT_EQ(judge_unanswered({ErrorKind::kUsage, "no request health"}).state, State::kUnhealthy);
  EXPECT_EQ(judge_unanswered({ErrorKind::kDenied, "denied"}).state, State::kNotRunning);
}

}  // namespace
}  // namespace natto
