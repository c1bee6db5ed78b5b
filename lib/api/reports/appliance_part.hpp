#pragma once

#include <memory>
#include <vector>

#include "audit/audit_trail.hpp"
#include "config/model.hpp"
#include "dataplane/control_activity.hpp"
#include "dataplane/dataplane.hpp"
#include "dataplane/rates.hpp"
#include "history/historian.hpp"
#include "ports/port.hpp"
#include "ports/port_monitor.hpp"
#include "ports/port_supervisor.hpp"
#include "reload/live_table.hpp"
#include "reload/reloader.hpp"

namespace natto {

/// What reports are made from; all of it lives longer than those that make them.
struct AppliancePart {
  const Config& config;
  Dataplane& dataplane;            ///< reports only read, but for the capture
  const std::vector<Port>& ports;  ///< by RealmId
  const std::vector<std::unique_ptr<PortSupervisor>>& supervisors;  ///< by RealmId
  const ControlActivity& control;
  const LiveTable& live_table;
  const Rates& rates;
  const PortMonitor& monitor;
  Reloader& reloader;
  const AuditTrail* trail = nullptr;     ///< null: nothing is recorded
  const Historian* historian = nullptr;  ///< null: there is no history
};

}  // namespace natto
