#pragma once

#include <string>
#include <vector>

#include "config/model.hpp"
#include "dataplane/counters.hpp"

namespace natto {

/// What happened to every packet, for people: ports, totals, and each drop reason that occurred
/// with its meaning and advice.
[[nodiscard]] std::string summary_text(const CounterSums& sums,
                                       const std::vector<PortConfig>& ports);

/// The same as one JSON object on one line; doc/replay.md describes its members.
[[nodiscard]] std::string summary_json(const CounterSums& sums,
                                       const std::vector<PortConfig>& ports);

}  // namespace natto
