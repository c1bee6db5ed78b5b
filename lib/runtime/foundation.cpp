#include "runtime/foundation.hpp"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include <chrono>
#include <utility>

#include "dpdk/devargs.hpp"
#include "dpdk/log.hpp"
#include "ports/port_context.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

/// Where the workers' packet buffers lie. Without hugepages DPDK's memory is on no particular node.
std::vector<int> nodes_of(const std::vector<unsigned>& lcores) {
  std::vector<int> nodes;
  for (const unsigned lcore : lcores) {
    nodes.push_back(rte_eal_has_hugepages() != 0 ? static_cast<int>(rte_lcore_to_socket_id(lcore))
                                                 : SOCKET_ID_ANY);
  }
  return nodes;
}

Result<std::vector<Port>> open_ports(const Config& config, const PacketPools& pools) {
  const std::vector<std::string> devices = devices_of(config);
  std::vector<Port> ports;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const PortConfig& port = config.ports[i];
    Result<Port> opened =
        Port::open({.device = devices[i],
                    .queues = static_cast<std::uint16_t>(pools.by_worker().size()),
                    .mtu = port.mtu,
                    .checksum_offload = port.checksum_offload == ChecksumOffload::kAuto,
                    .pools = pools.by_worker()});
    if (!opened) {
      Error error = opened.error();
      error.message = fmt::format("port of realm {}: {}", port.realm, error.message);
      return error;
    }
    ports.push_back(std::move(*opened));
  }
  return ports;
}

Result<std::shared_ptr<const LoadedTable>> load_first(const Config& config,
                                                      const MappingTable& table,
                                                      std::size_t workers) {
  Result<std::unique_ptr<const TranslationTable>> built =
      TranslationTable::build(table, workers, 1);
  if (!built) {
    return built.error();
  }
  return std::make_shared<const LoadedTable>(
      LoadedTable{.table = std::make_shared<const MappingTable>(table),
                  .translations = std::move(*built),
                  .digest = table_digest(table, config),
                  .trigger = "start",
                  .who = "",
                  .loaded = std::chrono::system_clock::now()});
}

Result<std::unique_ptr<Dataplane>> connect(const Config& config, const std::vector<Port>& ports,
                                           const PacketPools& pools, const LoadedTable& loaded,
                                           bool any_unicast_mac) {
  std::vector<PortContext> contexts;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    contexts.push_back(
        make_port_context(config.ports[i], static_cast<RealmId>(i), ports[i], any_unicast_mac));
  }
  NextHopTable next_hops = initial_next_hops(contexts, neighbourhoods_of(config));
  return make_dataplane(std::move(contexts), std::move(next_hops), loaded.translations, config.icmp,
                        pools.by_worker());
}

}  // namespace

std::vector<std::string> devices_of(const Config& config) {
  std::vector<std::string> devices;
  for (const PortConfig& port : config.ports) {
    devices.push_back(is_ena(port.device) ? with_ena_devargs(port.device, running_dpdk_version())
                                          : port.device);
  }
  return devices;
}

Result<Eal> start_dpdk(const EalOptions& options) {
  Result<Eal> eal = Eal::create(options);
  if (eal) {
    log_to_standard_error();
  }
  return eal;
}

Result<std::unique_ptr<Foundation>> lay_foundation(const Config& config, const MappingTable& table,
                                                   const FoundationOptions& options) {
  Result<PacketPools> pools = PacketPools::create(options.memory.mbufs, options.memory.shared_mbufs,
                                                  nodes_of(options.worker_lcores));
  if (!pools) {
    return pools.error();
  }
  Result<std::vector<Port>> ports = open_ports(config, *pools);
  if (!ports) {
    return ports.error();
  }
  auto loaded = load_first(config, table, options.worker_lcores.size());
  if (!loaded) {
    return loaded.error();
  }
  Result<std::unique_ptr<Dataplane>> made =
      connect(config, *ports, *pools, **loaded, options.any_unicast_mac);
  if (!made) {
    return made.error();
  }
  Dataplane& dataplane = **made;
  dataplane.role.start_as(config.ha.start);
  return std::unique_ptr<Foundation>(
      new Foundation{.config = config,
                     .pools = std::move(*pools),
                     .ports = std::move(*ports),
                     .dataplane = std::move(*made),
                     .live_table = LiveTable(dataplane, std::move(*loaded)),
                     .control = Control(dataplane, neighbourhoods_of(config))});
}

Instant monotonic_now() {
  return std::chrono::duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace natto
