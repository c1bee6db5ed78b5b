#include "runtime/runtime.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "api/reports/handler.hpp"
#include "config/table_digest.hpp"
#include "dpdk/devargs.hpp"
#include "dpdk/log.hpp"
#include "telemetry/numbers.hpp"

namespace natto {
namespace {

Instant now() {
  return std::chrono::duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch());
}

/// What DPDK needs beside the packet buffers and the translation caches: rings, the EAL's own, what
/// several NUMA nodes have more of buffers (see pool_sizes), and two generations of a table that
/// may grow while the appliance runs.
constexpr std::uint32_t kTableMemoryMib = 512;

std::uint32_t memory_mib(std::uint32_t mbufs, std::size_t workers) {
  const std::uint64_t bytes =
      std::uint64_t{mbufs} * kMbufFootprintBytes + workers * TranslationCache::kBytes;
  return static_cast<std::uint32_t>(bytes >> 20) + kTableMemoryMib;
}

std::uint32_t mbufs_needed(const Config& config, std::size_t workers) {
  std::size_t largest = 0;
  for (const PortConfig& port : config.ports) {
    largest = std::max<std::size_t>(largest, kIpv4Offset + port.mtu);
  }
  return natto::mbufs_needed(config.ports.size(), workers, buffers_of(largest));
}

/// The ports' devices, each with the devargs that its driver needs.
std::vector<std::string> devices_of(const Config& config) {
  std::vector<std::string> devices;
  for (const PortConfig& port : config.ports) {
    devices.push_back(is_ena(port.device) ? with_ena_devargs(port.device, running_dpdk_version())
                                          : port.device);
  }
  return devices;
}

Result<EalOptions> eal_options(const Config& config, const std::vector<std::string>& devices,
                               std::uint32_t mbufs, std::size_t workers,
                               const RuntimeOptions& options) {
  EalOptions eal;
  eal.main_lcore = config.dpdk.main_lcore;
  eal.memory_mib = memory_mib(mbufs, workers);
  eal.extra = config.dpdk.eal;
  std::ranges::copy_if(devices, std::back_inserter(eal.pci_devices), is_pci_device);
  if (options.lab) {
    eal.main_lcore = 0;
    eal.any_cpu = true;
    eal.extra.clear();
    return eal;
  }
  eal.lcores = config.dpdk.lcores;
  eal.telemetry = true;
  const std::uint64_t free_mib = free_hugepage_mib();
  eal.hugepages = free_mib >= eal.memory_mib;
  if (!eal.hugepages && !eal.pci_devices.empty()) {
    return system_error(
        fmt::format("a network card needs hugepages: {} MiB are free, {} MiB are needed\n"
                    "  reserve them: natto-hugepages {}; or by hand: "
                    "echo {} > /proc/sys/vm/nr_hugepages",
                    free_mib, eal.memory_mib, eal.memory_mib, eal.memory_mib / 2 + 1));
  }
  return eal;
}

/// In a lab every error is made that may be made, whatever the clock says: what a capture gives
/// does not depend on the machine's speed.
IcmpConfig icmp_config(const Config& config, const RuntimeOptions& options) {
  IcmpConfig icmp = config.icmp;
  if (options.lab && icmp.errors_per_second > 0) {
    icmp.errors_per_second = UINT32_MAX;
    icmp.error_burst = UINT32_MAX;
  }
  return icmp;
}

}  // namespace

std::uint32_t mbufs_needed(std::size_t ports, std::size_t workers, std::size_t of_a_packet) {
  const std::size_t in_queues = ports * workers * 2 * kDescriptors;  // a buffer a descriptor
  const std::size_t in_caches = (workers + 1) * kMempoolCache;
  const std::size_t packets =
      workers * kBurst * ports + ring_capacity(ports, workers) + ports * Control::kMaxWaiting;
  return static_cast<std::uint32_t>(in_queues + in_caches + packets * of_a_packet);
}

std::uint32_t memory_mib_needed(const Config& config) {
  const std::size_t workers = config.dpdk.lcores.size();
  return memory_mib(config.dpdk.mbufs.value_or(mbufs_needed(config, workers)), workers);
}

Result<std::unique_ptr<Runtime>> Runtime::create(const Config& config, const MappingTable& table,
                                                 const RuntimeOptions& options) {
  std::unique_ptr<Runtime> runtime(new Runtime);
  runtime->config_ = config;
  if (options.lab) {  // where there is no wire, there is nothing for the kernel either
    for (PortConfig& port : runtime->config_.ports) {
      port.kernel_interface.reset();
    }
  }
  runtime->cpus_ = allowed_cpus();
  if (const Status status = runtime->start(config, table, options); !status) {
    return status.error();
  }
  return runtime;
}

Status Runtime::start(const Config& config, const MappingTable& table,
                      const RuntimeOptions& options) {
  const std::size_t worker_count = options.lab ? 1 : config.dpdk.lcores.size();
  const std::uint32_t needed = mbufs_needed(config, worker_count);
  const std::uint32_t mbufs = config.dpdk.mbufs.value_or(needed);
  if (mbufs < needed) {
    return input_error(fmt::format(
        "[dpdk] mbufs = {} is too few: {} port(s) and {} worker(s) can hold {} at once\n"
        "  raise it, or leave it out",
        mbufs, config.ports.size(), worker_count, needed));
  }

  const std::vector<std::string> devices = devices_of(config);
  const Result<EalOptions> eal = eal_options(config, devices, mbufs, worker_count, options);
  if (!eal) {
    return eal.error();
  }
  Result<Eal> started = Eal::create(*eal);
  if (!started) {
    return started.error();
  }
  eal_.emplace(std::move(*started));
  log_to_standard_error();
  if (!options.lab) {
    Result<Timers> timers = Timers::create();
    if (!timers) {
      return timers.error();
    }
    timers_.emplace(std::move(*timers));
  }
  std::vector<int> nodes;
  for (std::uint16_t i = 0; i < worker_count; ++i) {
    const unsigned lcore = options.lab ? rte_lcore_id() : config.dpdk.lcores[i];
    // Without hugepages DPDK's memory is on no particular node.
    nodes.push_back(rte_eal_has_hugepages() != 0 ? static_cast<int>(rte_lcore_to_socket_id(lcore))
                                                 : SOCKET_ID_ANY);
    if (!options.lab) {
      workers_.push_back({.runtime = this, .index = i, .lcore = lcore});
    }
  }
  Result<PacketPools> pools = PacketPools::create(mbufs, mbufs_needed(config, 1), nodes);
  if (!pools) {
    return pools.error();
  }
  pools_.emplace(std::move(*pools));
  if (const Status status = open_ports(devices, options); !status) {
    return status;
  }
  return build_dataplane(table, options);
}

Status Runtime::build_dataplane(const MappingTable& table, const RuntimeOptions& options) {
  const Config& config = config_;
  const std::size_t worker_count = options.lab ? 1 : workers_.size();
  Result<std::unique_ptr<const Generation>> built = Generation::build(table, worker_count);
  if (!built) {
    return built.error();
  }
  auto version = std::make_shared<const TableVersion>(
      TableVersion{.number = 1,
                   .table = std::make_shared<const MappingTable>(table),
                   .generation = std::move(*built),
                   .digest = table_digest(table, config),
                   .trigger = "start",
                   .who = "",
                   .loaded = std::chrono::system_clock::now()});

  std::vector<PortContext> contexts;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    contexts.push_back(make_port_context(config.ports[i], static_cast<RealmId>(i), ports_[i].id(),
                                         ports_[i].mac(), options.lab));
    contexts.back().computes_checksums = ports_[i].plan().checksum_offload;
    contexts.back().spread_queue_0 = ports_[i].plan().spread_queue_0;
  }
  const std::vector<PortNeighbourhood> neighbourhoods = neighbourhoods_of(config);
  NextHopTable next_hops = initial_next_hops(contexts, neighbourhoods);
  Result<std::unique_ptr<Dataplane>> dataplane =
      make_dataplane(std::move(contexts), std::move(next_hops), version->generation,
                     icmp_config(config, options), pools_->by_worker());
  if (!dataplane) {
    return dataplane.error();
  }
  dataplane_ = std::move(*dataplane);
  live_table_.emplace(*dataplane_, std::move(version));
  control_.emplace(*dataplane_, neighbourhoods);
  if (options.lab) {
    lab_pipeline_.emplace(*dataplane_, std::uint16_t{0});
  }
  return connect_kernel();
}

Status Runtime::connect_kernel() {
  for (const PortContext& port : dataplane_->ports) {
    const PortConfig& config = config_.ports[port.realm];
    if (!config.kernel_interface) {
      continue;
    }
    Result<KernelInterface> made = KernelInterface::create({.name = *config.kernel_interface,
                                                            .mac = port.filter.mac,
                                                            .address = config.address,
                                                            .mtu = config.mtu});
    if (!made) {
      return made.error();
    }
    control_->connect_kernel(port.realm, *std::move(made), config.kernel_packets_per_second);
  }
  return Done{};
}

Status Runtime::open_ports(const std::vector<std::string>& devices, const RuntimeOptions& options) {
  const std::size_t queues = options.lab ? 1 : config_.dpdk.lcores.size();
  std::vector<std::string> realms;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const PortConfig& port = config_.ports[i];
    Result<Port> opened =
        Port::open({.device = devices[i],
                    .queues = static_cast<std::uint16_t>(queues),
                    .mtu = port.mtu,
                    .checksum_offload = port.checksum_offload == ChecksumOffload::kAuto,
                    .pools = pools_->by_worker()});
    if (!opened) {
      Error error = opened.error();
      error.message = fmt::format("port of realm {}: {}", port.realm, error.message);
      return error;
    }
    ports_.push_back(std::move(*opened));
    realms.push_back(port.realm);
  }
  monitor_.emplace(std::move(realms));
  return Done{};
}

int Runtime::run_worker(void* argument) {
  const Worker& worker = *static_cast<Worker*>(argument);
  Dataplane& dataplane = *worker.runtime->dataplane_;
  Pipeline pipeline(dataplane, worker.index);
  WorkerActivity& activity = dataplane.activity[worker.index];
  dataplane.quiescence.enter(worker.index);
  std::uint64_t begin = rte_rdtsc();
  while (!worker.runtime->stopping_.load(std::memory_order_relaxed)) {
    const bool busy = pipeline.poll() > 0;
    dataplane.quiescence.report(worker.index);
    const std::uint64_t end = rte_rdtsc();
    activity.record(busy, begin, end);
    begin = end;
  }
  pipeline.flush();
  dataplane.quiescence.leave(worker.index);
  return 0;
}

Status Runtime::supervise_ports() {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    auto supervisor =
        PortSupervisor::create(fmt::format("port {} (realm {})", i, config_.ports[i].realm),
                               ports_[i], static_cast<RealmId>(i), *dataplane_);
    if (!supervisor) {
      return supervisor.error();
    }
    supervisors_.push_back(std::move(*supervisor));
  }
  return Done{};
}

Status Runtime::launch() {
  if (const Status status = supervise_ports(); !status) {
    return status;
  }
  launched_ = true;
  for (Worker& worker : workers_) {
    if (const int error = rte_eal_remote_launch(run_worker, &worker, worker.lcore); error < 0) {
      return system_error(
          fmt::format("cannot start a worker on lcore {}: it is not free", worker.lcore));
    }
  }
  reloader_.emplace(config_, *dataplane_, *live_table_);
  if (const Status status = reloader_->start(cpus_beside_workers()); !status) {
    return status;
  }
  Result<TelemetryCommands> telemetry =
      TelemetryCommands::serve(telemetry_numbers(appliance_part()));
  if (!telemetry) {
    return telemetry.error();
  }
  telemetry_.emplace(std::move(*telemetry));
  return Done{};
}

void Runtime::serve(api::Listener listener, api::Access access) {
  server_.emplace(std::move(listener), std::move(access), api::make_handler(appliance_part()),
                  cpus_beside_workers());
}

AppliancePart Runtime::appliance_part() {
  return {.config = config_,
          .dataplane = *dataplane_,
          .ports = ports_,
          .supervisors = supervisors_,
          .live_table = *live_table_,
          .rates = rates_,
          .monitor = *monitor_,
          .reloader = *reloader_};
}

/// Where slow work disturbs no worker; if there is no such CPU, where control runs.
std::vector<unsigned> Runtime::cpus_beside_workers() const {
  std::vector<unsigned> cpus = cpus_;
  std::erase_if(
      cpus, [this](unsigned cpu) { return std::ranges::binary_search(config_.dpdk.lcores, cpu); });
  return cpus.empty() ? std::vector{config_.dpdk.main_lcore} : cpus;
}

void Runtime::step_control() {
  Timers::manage();
  for (const PortContext& port : dataplane_->ports) {
    if (supervisors_[port.realm]->step(now())) {
      control_->link_came_back(port.realm);
    }
  }
  control_->step(now());
  rates_.sample(now(), counters());
  monitor_->sample(now(), ports_, dataplane_->ports_in_use.load());
}

void Runtime::request_reload(std::string trigger, std::string who) {
  reloader_->request({ReloadKind::kReload, std::move(trigger), std::move(who)});
}

void Runtime::stop() {
  if (!std::exchange(launched_, false)) {
    return;
  }
  if (reloader_) {
    reloader_->stop();  // first: clients that wait for it are told so
  }
  server_.reset();
  telemetry_.reset();
  stopping_.store(true, std::memory_order_relaxed);
  for (const Worker& worker : workers_) {
    rte_eal_wait_lcore(worker.lcore);
  }
  control_->finish(now());
  discard_for_workers(*dataplane_);
}

void Runtime::drain() {
  std::size_t moved = 0;
  do {
    moved = lab_pipeline_->poll();
    moved += control_->step(now());
  } while (moved > 0);
  lab_pipeline_->poll();
  lab_pipeline_->flush();
}

unsigned Runtime::node_of(std::size_t worker) const {
  return rte_lcore_to_socket_id(workers_[worker].lcore);
}

CounterSums Runtime::counters() const { return sum(dataplane_->counters); }

Runtime::~Runtime() { stop(); }

}  // namespace natto
