#pragma once

// Commands of DPDK's telemetry socket (rte_telemetry) that are answered with numbers.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace natto {

struct TelemetryAnswer {
  std::vector<std::pair<std::string, std::uint64_t>> numbers;
  std::vector<std::pair<std::string, std::vector<std::uint64_t>>> lists;
};

struct TelemetryCommand {
  std::string name;  ///< "/natto/…", at most 55 bytes
  std::string help;  ///< at most 127 bytes
  /// Called on a thread of the client that asks.
  std::function<TelemetryAnswer()> answer;
};

/// While it lives, the commands are answered. EAL lives longer. At most one at a time.
class TelemetryCommands {
 public:
  [[nodiscard]] static Result<TelemetryCommands> serve(std::vector<TelemetryCommand> commands);

  TelemetryCommands(TelemetryCommands&& other) noexcept;
  TelemetryCommands& operator=(TelemetryCommands&&) = delete;
  TelemetryCommands(const TelemetryCommands&) = delete;
  TelemetryCommands& operator=(const TelemetryCommands&) = delete;
  /// Waits for answers under way; later requests are answered null.
  ~TelemetryCommands();

 private:
  TelemetryCommands() = default;
  bool owner_ = true;
};

}  // namespace natto
