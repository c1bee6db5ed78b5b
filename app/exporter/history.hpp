#pragma once

// The rates of the last minutes, for the page's curves. Pure.

#include <cstdint>
#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/messages.hpp"

namespace natto {

/// What natto's counters said at one moment.
struct HistorySample {
  double seconds = 0;         ///< of a steady clock
  std::uint64_t started = 0;  ///< ProcessReport::started_ms: counters of another start are others
  api::CountersReport counters = {};
  api::PortsReport ports = {};
  api::WorkersReport workers = {};
};

class History {
 public:
  static constexpr std::uint64_t kPeriodMs = 2'000;
  static constexpr std::size_t kKept = 300;  ///< samples: ten minutes

  /// One more; none: natto did not answer.
  void add(std::uint64_t at_ms, std::optional<HistorySample> sample);

  /// An object: times, and rates at each; null where they are not known.
  [[nodiscard]] nlohmann::ordered_json json() const;

 private:
  struct Moment {
    std::uint64_t at_ms = 0;
    std::optional<HistorySample> sample;
  };
  std::deque<Moment> moments_;  ///< the oldest is only there for the rates of the next
};

}  // namespace natto
