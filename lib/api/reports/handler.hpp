#pragma once

// What the server asks the appliance: each request goes to the report that answers it.

#include "api/reports/appliance_part.hpp"
#include "api/server.hpp"

namespace natto::api {

/// `appliance` lives longer.
[[nodiscard]] Server::Handler make_handler(const AppliancePart& appliance);

}  // namespace natto::api
