#pragma once

// A whole appliance in this process: DPDK, ports, table, workers, control, reloader, telemetry and
// API, built from a config and taken down in reverse.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/reports/appliance_part.hpp"
#include "api/server.hpp"
#include "base/result.hpp"
#include "config/model.hpp"
#include "control/control.hpp"
#include "control/live_table.hpp"
#include "control/port_monitor.hpp"
#include "control/port_supervisor.hpp"
#include "control/rates.hpp"
#include "control/reloader.hpp"
#include "dataplane/dataplane.hpp"
#include "dataplane/pipeline.hpp"
#include "dpdk/eal.hpp"
#include "dpdk/port.hpp"
#include "dpdk/timers.hpp"
#include "runtime/packet_pools.hpp"
#include "telemetry/commands.hpp"

namespace natto {

/// How a runtime differs from what the config says.
struct RuntimeOptions {
  /// A lab: everything runs on the calling thread, on any CPU, without hugepages, and ports take
  /// frames for any unicast MAC address, since captures were made for another card.
  bool lab = false;
};

/// The packet buffers that `ports` ports and `workers` workers can hold at once, if the largest
/// packets take `of_a_packet`.
[[nodiscard]] std::uint32_t mbufs_needed(std::size_t ports, std::size_t workers,
                                         std::size_t of_a_packet = 1);

/// The memory in MiB that DPDK needs for this appliance, of hugepages where it has network cards.
[[nodiscard]] std::uint32_t memory_mib_needed(const Config& config);

class Runtime {
 public:
  /// Starts DPDK, opens the ports and builds the table; no packet moves yet. Main thread only, once
  /// per process.
  [[nodiscard]] static Result<std::unique_ptr<Runtime>> create(const Config& config,
                                                               const MappingTable& table,
                                                               const RuntimeOptions& options);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  /// Stops the workers.
  ~Runtime();

  /// Live: starts the workers on their lcores, follows the table file, and answers telemetry.
  [[nodiscard]] Status launch();

  /// Live: answers clients of natto's socket from now on.
  void serve(api::Listener listener, api::Access access);

  /// Live: does what control has to do now. Main lcore, again and again.
  void step_control();

  /// Live: loads the table file again, soon. Main thread.
  void request_reload(std::string trigger, std::string who);

  /// Live: stops the workers; afterwards every packet is accounted for.
  void stop();

  /// Lab: handles packets on the calling thread until nothing is left to do.
  void drain();

  /// Any thread, any time.
  [[nodiscard]] CounterSums counters() const;

  /// Live; of one worker. Any thread, any time.
  [[nodiscard]] std::size_t worker_count() const { return workers_.size(); }
  [[nodiscard]] const Counters& counters_of(std::size_t worker) const {
    return dataplane_->counters[worker];
  }
  [[nodiscard]] const WorkerActivity& activity_of(std::size_t worker) const {
    return dataplane_->activity[worker];
  }
  [[nodiscard]] unsigned lcore_of(std::size_t worker) const { return workers_[worker].lcore; }
  /// The NUMA node on which it runs.
  [[nodiscard]] unsigned node_of(std::size_t worker) const;

  /// Live. Any thread but workers.
  [[nodiscard]] std::shared_ptr<const TableVersion> table() const { return live_table_->current(); }

  [[nodiscard]] const std::vector<PortContext>& ports() const { return dataplane_->ports; }
  /// By RealmId. Which members other threads may use, Port says.
  [[nodiscard]] const std::vector<Port>& devices() const { return ports_; }

 private:
  struct Worker {
    Runtime* runtime;
    std::uint16_t index;
    unsigned lcore;
  };

  Runtime() = default;
  [[nodiscard]] Status start(const Config& config, const MappingTable& table,
                             const RuntimeOptions& options);
  [[nodiscard]] Status open_ports(const std::vector<std::string>& devices,
                                  const RuntimeOptions& options);
  [[nodiscard]] Status supervise_ports();
  [[nodiscard]] Status build_dataplane(const MappingTable& table, const RuntimeOptions& options);
  [[nodiscard]] Status connect_kernel();
  [[nodiscard]] std::vector<unsigned> cpus_beside_workers() const;
  [[nodiscard]] AppliancePart appliance_part();
  static int run_worker(void* worker);

  // In the order in which each needs those before it.
  Config config_;
  std::vector<unsigned> cpus_;  ///< that the process may use
  std::optional<Eal> eal_;
  std::optional<Timers> timers_;  ///< live
  std::optional<PacketPools> pools_;
  std::vector<Port> ports_;
  std::unique_ptr<Dataplane> dataplane_;
  std::optional<LiveTable> live_table_;
  std::optional<Control> control_;
  std::vector<std::unique_ptr<PortSupervisor>> supervisors_;  ///< live; by realm
  Rates rates_;
  std::optional<PortMonitor> monitor_;
  std::vector<Worker> workers_;
  std::optional<Pipeline> lab_pipeline_;
  std::atomic<bool> stopping_{false};
  bool launched_ = false;
  std::optional<Reloader> reloader_;
  std::optional<TelemetryCommands> telemetry_;
  std::optional<api::Server> server_;
};

}  // namespace natto
