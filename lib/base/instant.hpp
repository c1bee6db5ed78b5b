#pragma once

#include <chrono>

namespace natto {

/// Time since any fixed point, never going back.
using Instant = std::chrono::milliseconds;

}  // namespace natto
