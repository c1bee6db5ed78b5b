#pragma once

// Which mappings had the most packets between two looks at all of them. natto keeps the looks, so
// that a client need not fetch every mapping to find the few that it shows.

#include <chrono>
#include <cstdint>
#include <vector>

#include "api/messages.hpp"
#include "reload/live_table.hpp"

namespace natto::api {

/// One thread.
class MappingSamples {
 public:
  explicit MappingSamples(const LiveTable& table);

  /// Looks now, and compares with the look that `request` names. A look is compared once.
  [[nodiscard]] BusiestReport look(const BusiestRequest& request);

 private:
  using Clock = std::chrono::steady_clock;
  struct Look {
    std::uint64_t number;
    Clock::time_point time;
    std::uint64_t version;              ///< of the table
    std::vector<MappingTotals> totals;  ///< of all its mappings
  };

  const LiveTable& table_;
  std::vector<Look> looks_;  ///< the oldest first
  std::uint64_t last_number_;
};

}  // namespace natto::api
