#pragma once

// natto's socket, now or later: packets do not wait until there is room for one.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "api/listener.hpp"
#include "api/rights.hpp"
#include "config/model.hpp"
#include "runtime/appliance.hpp"

namespace natto {

/// Main thread.
class Reception {
 public:
  using Clock = std::chrono::steady_clock;

  /// Tries once. An error where another try cannot help: another natto has the socket, or
  /// natto.toml is wrong.
  [[nodiscard]] static Result<Reception> open(const ApiConfig& config);

  /// Opens it as soon as it can: `appliance` answers there. Again and again.
  void step(Clock::time_point now, Appliance& appliance);

 private:
  Reception(const ApiConfig& config, api::Access access) : config_(config), access_(access) {}
  [[nodiscard]] Status try_it();

  const ApiConfig& config_;
  api::Access access_;
  std::optional<api::Listener> listener_;  ///< until the appliance has it
  bool open_ = false;                      ///< the appliance has it
  std::string obstacle_;                   ///< that the log has named
  Clock::time_point next_try_{};
};

}  // namespace natto
