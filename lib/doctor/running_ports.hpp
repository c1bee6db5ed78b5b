#pragma once

#include <vector>

#include "api/messages.hpp"
#include "base/result.hpp"
#include "doctor/finding.hpp"

namespace natto {

/// What the natto that runs tells, or why it does not.
using RunningPorts = Result<std::vector<api::PortReport>>;

/// Whether each port works, and what an operator must know of what it has counted since natto
/// started.
[[nodiscard]] Findings check_ports(const RunningPorts& ports);

}  // namespace natto
