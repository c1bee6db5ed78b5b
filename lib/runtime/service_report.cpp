#include "runtime/service_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace natto {

ServiceReport::ServiceReport(ServiceNotify notify,
                             std::optional<std::chrono::microseconds> watchdog_time)
    : notify_(std::move(notify)),
      watched_(watchdog_time.has_value()),
      period_(std::min(watchdog_time.value_or(kLongestPeriod) / 2, kLongestPeriod)) {}

bool ServiceReport::due(Clock::time_point now) const { return notify_.connected() && now >= next_; }

Status ServiceReport::report(Clock::time_point now, const ServiceState& state) {
  const std::string message = message_for(state);
  if (ready_) {
    next_ = now + period_;
  }
  return message.empty() ? Status(Done{}) : notify_.tell(message);
}

std::string ServiceReport::message_for(const ServiceState& state) {
  polls_.resize(state.workers.size());
  std::vector<unsigned> stuck;
  for (std::size_t i = 0; i < state.workers.size(); ++i) {
    const ServiceState::Worker& worker = state.workers[i];
    if (std::exchange(polls_[i], worker.polls) == worker.polls) {
      stuck.push_back(worker.lcore);
    }
  }

  std::string message;
  const bool was_ready = std::exchange(ready_, ready_ || stuck.empty());
  if (!was_ready && ready_) {
    message += "READY=1\n";
  }
  if (watched_ && ready_ && stuck.empty()) {
    message += "WATCHDOG=1\n";
  }
  const std::string status = stuck.empty()
                                 ? state.summary
                                 : fmt::format("no progress on lcore {}", fmt::join(stuck, ", "));
  if (ready_ && std::exchange(status_, status) != status) {
    message += fmt::format("STATUS={}\n", status);
  }
  return message;
}

Status ServiceReport::stopping() { return notify_.tell("STOPPING=1\nSTATUS=stopping\n"); }

}  // namespace natto
