#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.hpp"
#include "client/telemetry_client.hpp"

namespace natto {

/// Every mapping that `filter` admits (all if it is empty) as a list of objects: all pages of one
/// generation, from the start again if the table changes in between. Throws
/// nlohmann::json::exception if an answer is not as doc/telemetry.md says.
[[nodiscard]] Result<nlohmann::ordered_json> ask_mappings(const TelemetryClient& natto,
                                                          const std::string& filter);

}  // namespace natto
