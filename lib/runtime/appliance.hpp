#pragma once

// A running appliance in this process: workers on their lcores, control on the main one, the
// reloader and the API's server beside them, and telemetry.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/reports/appliance_part.hpp"
#include "api/server.hpp"
#include "api/telemetry/commands.hpp"
#include "audit/audit_trail.hpp"
#include "base/result.hpp"
#include "config/model.hpp"
#include "dataplane/control_activity.hpp"
#include "dataplane/rates.hpp"
#include "dpdk/timers.hpp"
#include "history/historian.hpp"
#include "packet/checksum_hint.hpp"
#include "ports/gateway_watch.hpp"
#include "ports/port_monitor.hpp"
#include "ports/port_supervisor.hpp"
#include "record/recorder.hpp"
#include "reload/reloader.hpp"
#include "runtime/device_locks.hpp"
#include "runtime/foundation.hpp"
#include "runtime/privileges.hpp"
#include "runtime/workers.hpp"
#include "table/starting_table.hpp"

namespace natto {

class Appliance {
 public:
  /// Starts DPDK, opens the ports, builds the table and starts the workers; follows the table file
  /// and gives numbers by telemetry from then on. Main thread only, once per process.
  [[nodiscard]] static Result<std::unique_ptr<Appliance>> launch(const Config& config,
                                                                 const StartingTable& start);
  Appliance(const Appliance&) = delete;
  Appliance& operator=(const Appliance&) = delete;
  /// Stops it.
  ~Appliance() { stop(); }

  /// Answers clients of natto's socket from now on. Main thread.
  void serve(api::Listener listener, api::Access access);

  /// Does what control has to do now. Main thread, again and again.
  void step();

  /// Those without which a started natto cannot go on; it may have fewer.
  [[nodiscard]] Capabilities capabilities_in_use() const;

  /// Loads the table file again, soon. Main thread.
  void request_reload(std::string trigger, std::string who, Actor by);

  /// Stops, and records who wanted that, by what. Main thread.
  void end(std::string trigger, Actor by);

  /// Stops the workers; afterwards every packet is accounted for. Main thread.
  void stop();

  /// Any thread, any time.
  [[nodiscard]] CounterSums counters() const { return base_->counters(); }
  [[nodiscard]] std::size_t worker_count() const { return base_->config.dpdk.lcores.size(); }
  [[nodiscard]] const Counters& counters_of(std::size_t worker) const {
    return base_->dataplane->counters[worker];
  }
  [[nodiscard]] const WorkerActivity& activity_of(std::size_t worker) const {
    return base_->dataplane->activity[worker];
  }
  [[nodiscard]] unsigned lcore_of(std::size_t worker) const {
    return base_->config.dpdk.lcores[worker];
  }
  /// The NUMA node on which it runs.
  [[nodiscard]] unsigned node_of(std::size_t worker) const;

  /// Any thread but workers.
  [[nodiscard]] std::shared_ptr<const LoadedTable> table() const {
    return base_->live_table.current();
  }
  /// Any thread but workers.
  [[nodiscard]] Role role() const { return base_->dataplane->role.role(); }
  /// What the table's file said when it was read last. Any thread but workers.
  [[nodiscard]] TableFileState table_file() const { return reloader_.file_state(); }

  /// By RealmId. Which members other threads may use, Port says.
  [[nodiscard]] const std::vector<Port>& devices() const { return base_->ports; }

 private:
  using Supervisors = std::vector<std::unique_ptr<PortSupervisor>>;

  Appliance(DeviceLocks locks, Eal eal, Timers timers, std::unique_ptr<Foundation> base,
            Supervisors supervisors, std::unique_ptr<Workers> workers, std::vector<unsigned> cpus,
            const StartingTable& start);
  [[nodiscard]] Status follow_table();
  [[nodiscard]] AppliancePart part();
  [[nodiscard]] CountedNumbers counted_numbers() const;
  void watch_gateways();
  void follow_role();

  // In the order in which each needs those before it.
  DeviceLocks locks_;
  Eal eal_;
  Timers timers_;
  std::unique_ptr<Foundation> base_;
  Supervisors supervisors_;                    ///< by RealmId
  std::vector<GatewayWatch> gateway_watches_;  ///< by RealmId
  PortMonitor monitor_;
  Rates rates_;
  ChecksumHint checksum_hint_;
  ControlActivity control_activity_;
  std::unique_ptr<Workers> workers_;
  const std::vector<unsigned> cpus_beside_workers_;  ///< for the reloader and the server
  std::unique_ptr<AuditTrail> trail_;                ///< where there is one
  Reloader reloader_;
  std::unique_ptr<Historian> historian_;  ///< where there is a history
  std::optional<Recorder> recorder_;      ///< where the config asks for it
  std::optional<TelemetryCommands> telemetry_;
  std::optional<api::Server> server_;
  bool running_ = true;
};

}  // namespace natto
