#pragma once

// What the running appliance says of itself: the answers of doc/telemetry.md.

#include <memory>
#include <vector>

#include "config/model.hpp"
#include "control/live_table.hpp"
#include "control/port_monitor.hpp"
#include "control/port_supervisor.hpp"
#include "control/rates.hpp"
#include "control/reloader.hpp"
#include "dataplane/dataplane.hpp"
#include "dpdk/port.hpp"
#include "telemetry/commands.hpp"

namespace natto {

/// What the answers are made from; all of it lives longer than the commands.
struct AppliancePart {
  const Config& config;
  const Dataplane& dataplane;
  const std::vector<Port>& ports;                                   ///< by RealmId
  const std::vector<std::unique_ptr<PortSupervisor>>& supervisors;  ///< by RealmId
  const LiveTable& live_table;
  const Rates& rates;
  const PortMonitor& monitor;
  Reloader& reloader;
};

[[nodiscard]] std::vector<TelemetryCommand> appliance_commands(const AppliancePart& appliance);

}  // namespace natto
