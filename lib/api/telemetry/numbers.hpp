#pragma once

// What DPDK's telemetry socket gives to monitoring: numbers of the reports, flat
// (doc/telemetry.md).

#include <vector>

#include "api/reports/appliance_part.hpp"
#include "api/telemetry/commands.hpp"

namespace natto {

/// `appliance` lives longer than the commands.
[[nodiscard]] std::vector<TelemetryCommand> telemetry_numbers(const AppliancePart& appliance);

}  // namespace natto
