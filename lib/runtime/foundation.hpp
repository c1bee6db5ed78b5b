#pragma once

// What an appliance and a replay have in common: packet buffers, started ports, and the data plane
// between them with its table and its control.

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"
#include "control/control.hpp"
#include "dataplane/dataplane.hpp"
#include "dpdk/eal.hpp"
#include "ports/port.hpp"
#include "reload/live_table.hpp"
#include "runtime/memory_plan.hpp"
#include "runtime/packet_pools.hpp"
#include "table/mapping.hpp"

namespace natto {

/// The ports' devices, each with the devargs that its driver needs.
[[nodiscard]] std::vector<std::string> devices_of(const Config& config);

/// Starts DPDK, whose messages go to standard error. Main thread, once per process.
[[nodiscard]] Result<Eal> start_dpdk(const EalOptions& options);

struct Foundation {
  // In the order in which each needs those before it.
  const Config config;
  PacketPools pools;
  std::vector<Port> ports;  ///< by RealmId; which members other threads may use, Port says
  std::unique_ptr<Dataplane> dataplane;
  LiveTable live_table;
  Control control;

  /// Any thread, any time.
  [[nodiscard]] CounterSums counters() const { return sum(dataplane->counters); }
};

/// In which an appliance and a replay differ.
struct FoundationOptions {
  MemoryPlan memory;
  std::vector<unsigned> worker_lcores;
  bool any_unicast_mac;  ///< see FrameFilter
};

/// Opens the ports and builds the table; no packet moves yet. After start_dpdk, on the same thread.
[[nodiscard]] Result<std::unique_ptr<Foundation>> lay_foundation(const Config& config,
                                                                 const MappingTable& table,
                                                                 const FoundationOptions& options);

/// Control's clock.
[[nodiscard]] Instant monotonic_now();

}  // namespace natto
