#pragma once

// Decides what to report to the service manager, and when: ready once every worker polls, then
// WATCHDOG=1 as long as every worker makes progress, and a line on the state.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "runtime/service_notify.hpp"

namespace natto {

/// The state of the appliance at this moment.
struct ServiceState {
  struct Worker {
    unsigned lcore;
    std::uint64_t polls;  ///< so far
  };
  std::vector<Worker> workers;
  std::string summary;  ///< a line for `systemctl status`
};

/// Main thread only.
class ServiceReport {
 public:
  using Clock = std::chrono::steady_clock;
  /// A worker that has not polled for this long makes no progress.
  static constexpr std::chrono::microseconds kLongestPeriod = std::chrono::seconds(1);

  /// `watchdog_time`: the service manager restarts natto if it hears nothing for this long.
  ServiceReport(ServiceNotify notify, std::optional<std::chrono::microseconds> watchdog_time);

  /// It is time to report; never if nobody listens.
  [[nodiscard]] bool due(Clock::time_point now) const;
  [[nodiscard]] Status report(Clock::time_point now, const ServiceState& state);
  [[nodiscard]] Status stopping();

 private:
  [[nodiscard]] std::string message_for(const ServiceState& state);

  ServiceNotify notify_;
  const bool watched_;
  const std::chrono::microseconds period_;
  Clock::time_point next_{};
  bool ready_ = false;
  std::vector<std::uint64_t> polls_;  ///< when last reported, by worker
  std::string status_;                ///< last reported
};

}  // namespace natto
