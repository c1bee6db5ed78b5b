#pragma once

// Whether a natto is healthy, and if not why: from what it reports of itself, or from its silence.
// Pure: facts in, findings out.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/messages.hpp"
#include "base/result.hpp"

namespace natto {

/// Something that is not as it should be.
struct HealthFinding {
  std::string_view check;  ///< "natto", "control", "worker", "port", "next_hop", "table"; "peer";
                           ///< empty: `what` says it
  std::string subject;     ///< "lcore 1", a realm or a file; empty: natto itself
  std::string what;        ///< what is wrong
  std::string advice;      ///< what to do
};

struct HealthJudgement {
  enum class State : std::uint8_t {
    kHealthy,
    kUnhealthy,
    kNotRunning,  ///< no natto runs, or it may not be asked
  };
  State state;
  std::vector<HealthFinding> findings;       ///< none if it is healthy
  std::string summary = {};                  ///< if it is healthy: of what runs
  std::vector<HealthFinding> warnings = {};  ///< what does not make it unhealthy
};

/// A worker that has not polled for so long makes no progress, and a control thread that has done
/// nothing for so long hangs: a hundred thousand times as long as a poll takes.
inline constexpr std::chrono::microseconds kLongestHealthySilence = std::chrono::seconds(1);

[[nodiscard]] HealthJudgement judge_health(const api::HealthReport& facts);

/// Of a natto that could not be connected to.
[[nodiscard]] HealthJudgement judge_unreachable(const Error& error);

/// Of a natto that was asked and did not report.
[[nodiscard]] HealthJudgement judge_unanswered(const Error& error);

/// What keepalived's track_file is to add to the priority of this natto, which would else be equal
/// to the other's: kServesNothing makes it leave the other alone; kServesLess lets the other take
/// over if that is better.
inline constexpr int kServesNothing = -254;
inline constexpr int kServesLess = -20;
[[nodiscard]] int track_value(const HealthJudgement& judgement);

/// A line for each finding, or one that says that there is none; then those for the warnings.
[[nodiscard]] std::string health_text(const HealthJudgement& judgement);
[[nodiscard]] std::string health_json(const HealthJudgement& judgement);

}  // namespace natto
