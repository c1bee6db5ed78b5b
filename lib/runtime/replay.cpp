#include "runtime/replay.hpp"

#include <cstdint>
#include <utility>

#include "table/policy_compiler.hpp"

namespace natto {
namespace {

/// Does all the work.
constexpr unsigned kLcore = 0;

/// Where there is no wire, there is nothing for the kernel either. And every ICMP error is made
/// that may be made, whatever the clock says: what a capture gives does not depend on the machine's
/// speed.
Config without_wire(Config config) {
  for (PortConfig& port : config.ports) {
    port.kernel_interface.reset();
  }
  if (config.icmp.errors_per_second > 0) {
    config.icmp.errors_per_second = UINT32_MAX;
    config.icmp.error_burst = UINT32_MAX;
  }
  return config;
}

/// Likewise no [[limit]] holds, since a capture is replayed faster or slower than it was made.
MappingTable without_limits(MappingTable table, const Config& config) {
  if (!table.rules.limits.empty()) {
    table.rules.limits.clear();
    table.compiled = compile_policy(table, config.ports.size());
  }
  return table;
}

}  // namespace

Result<std::unique_ptr<Replay>> Replay::create(const Config& config, const MappingTable& table) {
  const Result<MemoryPlan> memory = plan_memory(config, 1, table.mappings.size());
  if (!memory) {
    return memory.error();
  }
  Result<Eal> eal =
      start_dpdk({.main_lcore = kLcore, .any_cpu = true, .memory_mib = memory->roomy_mib});
  if (!eal) {
    return eal.error();
  }
  auto base =
      lay_foundation(without_wire(config), without_limits(table, config),
                     {.memory = *memory, .worker_lcores = {kLcore}, .any_unicast_mac = true});
  if (!base) {
    return base.error();
  }
  auto origins = PacketOrigins::attach((*base)->ports);
  if (!origins) {
    return origins.error();
  }
  return std::unique_ptr<Replay>(
      new Replay(std::move(*eal), std::move(*base), std::move(*origins)));
}

Replay::Replay(Eal eal, std::unique_ptr<Foundation> base, std::unique_ptr<PacketOrigins> origins)
    : eal_(std::move(eal)),
      base_(std::move(base)),
      origins_(std::move(origins)),
      pipeline_(*base_->dataplane, 0) {}

void Replay::drain() {
  std::size_t moved = 0;
  do {
    moved = pipeline_.poll();
    moved += base_->control.step(monotonic_now());
  } while (moved > 0);
  pipeline_.poll();
  pipeline_.flush();
}

}  // namespace natto
