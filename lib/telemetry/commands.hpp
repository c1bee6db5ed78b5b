#pragma once

// Commands of DPDK's telemetry socket (rte_telemetry) that are answered with JSON.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace natto {

struct TelemetryCommand {
  std::string name;  ///< "/natto/…", at most 55 bytes
  std::string help;  ///< at most 127 bytes
  /// Called on a thread of the client that asks. Null: the question was wrong. It may
  /// hold objects, lists of strings or of numbers, strings, and unsigned numbers. Strings are cut
  /// at 127 bytes, unless one is the whole answer; what is not printable ASCII in them becomes `?`.
  std::function<nlohmann::ordered_json(std::string_view parameters)> answer;
};

/// While it lives, the commands are answered. EAL lives longer. At most one at a time.
class TelemetryCommands {
 public:
  [[nodiscard]] static Result<TelemetryCommands> serve(std::vector<TelemetryCommand> commands);

  TelemetryCommands(TelemetryCommands&& other) noexcept;
  TelemetryCommands& operator=(TelemetryCommands&&) = delete;
  TelemetryCommands(const TelemetryCommands&) = delete;
  TelemetryCommands& operator=(const TelemetryCommands&) = delete;
  /// Waits for answers under way; later questions are answered null.
  ~TelemetryCommands();

 private:
  TelemetryCommands() = default;
  bool owner_ = true;
};

}  // namespace natto
