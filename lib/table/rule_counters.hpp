#pragma once

#include "base/counter.hpp"
#include "table/mapping_counters.hpp"

namespace natto {

/// What one rule let pass through one worker, and what it did not. Written by that worker alone.
struct alignas(64) RuleCounters {
  DirectionCounters there;  ///< from its first side to its second
  DirectionCounters back;
  Counter refused_openings;  ///< of the side that it lets be asked
};

}  // namespace natto
