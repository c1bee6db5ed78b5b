#pragma once

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

namespace natto {

/// What reports are made from; all of it lives longer than those that make them.
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

}  // namespace natto
