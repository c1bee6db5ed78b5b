#include "health_judgement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "lines.hpp"
#include "views.hpp"

namespace natto {
namespace {

using State = HealthJudgement::State;
using Findings = std::vector<HealthFinding>;

bool too_long(std::uint64_t silence_us) {
  return silence_us > static_cast<std::uint64_t>(kLongestHealthySilence.count());
}

double seconds(std::uint64_t us) { return static_cast<double>(us) / 1e6; }

void judge_control(const api::HealthReport& facts, Findings& findings) {
  if (too_long(facts.since_control_us)) {
    findings.push_back(
        {"control", "",
         fmt::format("the control thread has done nothing for {:.1f} s: no ARP, no reset of a port",
                     seconds(facts.since_control_us)),
         "see the log for a device that takes long to reset, and what else runs on main_lcore"});
  }
}

void judge_worker(const api::WorkerHealthReport& worker, Findings& findings) {
  const auto find = [&](std::string what, const char* advice) {
    findings.push_back({"worker", fmt::format("lcore {}", worker.lcore), std::move(what), advice});
  };
  if (worker.polls == 0) {
    find("the worker has not begun", "wait a moment; if it stays so, see natto's log");
  } else if (too_long(worker.since_poll_us)) {
    find(fmt::format("the worker has made no progress for {:.1f} s, and its packets wait",
                     seconds(worker.since_poll_us)),
         "see what holds its core: a debugger, another program, an overcommitted host");
  }
}

const char* advice_for(std::string_view state) {
  if (state == "link down") {
    return "see the cable, the other end, or the interface: ip link";
  }
  if (state == "interface gone") {
    return "bring the interface back, then restart natto";
  }
  if (state == "dead") {
    return "see natto's log; restart natto, and if that does not help replace the card";
  }
  return "wait: natto brings it back; its log says how that goes";
}

void judge_port(const api::PortHealthReport& port, Findings& findings) {
  if (port.state != "up") {
    findings.push_back({"port", port.realm,
                        fmt::format("{} since {}", port.state, local_time(port.state_since_ms)),
                        advice_for(port.state)});
    return;  // it is why the next hop is silent
  }
  const auto find = [&](std::string what) {
    findings.push_back({"next_hop", port.realm, std::move(what),
                        "see that it runs, that gateway names it, and that it is on the port's "
                        "link"});
  };
  if (!port.next_hop.empty() && port.next_hop_mac.empty()) {
    find(fmt::format("the gateway {} has not answered ARP, and natto sends nothing to it",
                     port.next_hop));
  } else if (port.next_hop_silent) {
    find(fmt::format("the gateway {} no longer answers ARP; natto goes on sending to it",
                     port.next_hop));
  }
}

void judge_table(const api::HealthReport& facts, Findings& findings) {
  if (facts.file_state == "refused") {
    const std::string advice = advice_below(facts.file_error);
    findings.push_back(
        {"table", facts.file,
         fmt::format("refused since {}, version {} stays in force: {}",
                     local_time(facts.file_refused_ms), facts.version,
                     first_line(facts.file_error)),
         advice.empty()
             ? "correct it (natto check lists every error); natto loads it when it changes"
             : advice});
  }
}

Findings warnings_of(const api::HealthReport& facts) {
  Findings warnings;
  if (facts.peer_differs) {
    warnings.push_back({"peer", facts.peer, "its table is another than the one in force here",
                        "give it this one: natto push; or load its table here"});
  }
  for (const std::string& text : facts.warnings) {
    warnings.push_back({"", "", text, ""});
  }
  return warnings;
}

HealthJudgement judge_error(State state, const Error& error) {
  return {state, {{"natto", "", error.what(), error.advice()}}};
}

std::string_view name_of(State state) {
  switch (state) {
    case State::kHealthy:
      return "healthy";
    case State::kUnhealthy:
      return "unhealthy";
    case State::kNotRunning:
      return "not running";
  }
  return "";
}

}  // namespace

HealthJudgement judge_health(const api::HealthReport& facts) {
  Findings findings;
  judge_control(facts, findings);
  for (const api::WorkerHealthReport& worker : facts.workers) {
    judge_worker(worker, findings);
  }
  for (const api::PortHealthReport& port : facts.ports) {
    judge_port(port, findings);
  }
  judge_table(facts, findings);
  if (!findings.empty()) {
    return {State::kUnhealthy, std::move(findings), "", warnings_of(facts)};
  }
  return {
      State::kHealthy,
      {},
      fmt::format("{} worker(s), {} port(s), {} mapping(s) in version {}, {}", facts.workers.size(),
                  facts.ports.size(), facts.mappings, facts.version, facts.role),
      warnings_of(facts)};
}

HealthJudgement judge_unreachable(const Error& error) {
  return judge_error(error.kind == ErrorKind::kSilent ? State::kUnhealthy : State::kNotRunning,
                     error);
}

HealthJudgement judge_unanswered(const Error& error) {
  return judge_error(error.kind == ErrorKind::kDenied ? State::kNotRunning : State::kUnhealthy,
                     error);
}

int track_value(const HealthJudgement& judgement) {
  if (judgement.state == State::kHealthy) {
    return 0;
  }
  const bool forwards = std::ranges::all_of(judgement.findings, [](const HealthFinding& finding) {
    return finding.check == "next_hop" || finding.check == "table";
  });
  return forwards ? kServesLess : kServesNothing;
}

std::string health_text(const HealthJudgement& judgement) {
  Lines lines;
  if (judgement.state == State::kHealthy) {
    lines.add("healthy: {}", judgement.summary);
  }
  const auto add = [&lines](std::string_view before, const HealthFinding& finding) {
    lines.add("{}{}{}{}{}{}{}{}", before, finding.check, finding.subject.empty() ? "" : " ",
              finding.subject, finding.check.empty() ? "" : ": ", finding.what,
              finding.advice.empty() ? "" : " -> ", finding.advice);
  };
  for (const HealthFinding& finding : judgement.findings) {
    add("", finding);
  }
  for (const HealthFinding& warning : judgement.warnings) {
    add("warning: ", warning);
  }
  return lines.take();
}

std::string health_json(const HealthJudgement& judgement) {
  const auto json_of = [](const Findings& findings) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const HealthFinding& finding : findings) {
      list.push_back({{"check", finding.check},
                      {"subject", finding.subject},
                      {"what", finding.what},
                      {"advice", finding.advice}});
    }
    return list;
  };
  const nlohmann::ordered_json report = {{"state", name_of(judgement.state)},
                                         {"findings", json_of(judgement.findings)},
                                         {"warnings", json_of(judgement.warnings)}};
  return report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace natto
