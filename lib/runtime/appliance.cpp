#include "runtime/appliance.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "api/reports/handler.hpp"
#include "api/telemetry/numbers.hpp"
#include "config/state_folder.hpp"
#include "dpdk/devargs.hpp"
#include "dpdk/log.hpp"
#include "table/announced.hpp"

namespace natto {
namespace {

Result<EalOptions> eal_options(const Config& config, const MemoryPlan& memory,
                               std::size_t mappings) {
  EalOptions eal{.main_lcore = config.dpdk.main_lcore,
                 .lcores = config.dpdk.lcores,
                 .memory_mib = memory.roomy_mib,
                 .telemetry = true,
                 .extra = config.dpdk.eal};
  std::ranges::copy_if(devices_of(config), std::back_inserter(eal.pci_devices), is_pci_device);
  const std::uint64_t free_mib = free_hugepage_mib();
  eal.hugepages = free_mib >= memory.mib;
  if (!eal.hugepages && !eal.pci_devices.empty()) {
    return system_error(
        fmt::format("a network card needs hugepages: {} MiB are free, {} MiB are needed\n"
                    "  reserve them: natto-hugepages {}; or by hand: "
                    "echo {} > /proc/sys/vm/nr_hugepages",
                    free_mib, memory.mib, memory.mib, memory.mib / 2 + 1));
  }
  if (eal.hugepages) {
    const std::uint64_t more = (free_mib - memory.mib) * mappings_per_mib(eal.lcores.size());
    log(LogLevel::kInfo,
        "hugepages: {} MiB are free, {} are needed; there is room for about {} mappings", free_mib,
        memory.mib, mappings + more);
  }
  return eal;
}

/// Where slow work disturbs no worker, of `cpus`; if there is no such CPU, where control runs.
std::vector<unsigned> cpus_beside_workers(std::vector<unsigned> cpus, const DpdkConfig& dpdk) {
  std::erase_if(cpus,
                [&dpdk](unsigned cpu) { return std::ranges::binary_search(dpdk.lcores, cpu); });
  return cpus.empty() ? std::vector{dpdk.main_lcore} : cpus;
}

Status connect_kernel(Foundation& base) {
  for (const PortContext& port : base.dataplane->ports) {
    const PortConfig& config = base.config.ports[port.realm];
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
    base.control.connect_kernel(port.realm, *std::move(made), config.kernel_packets_per_second);
  }
  return Done{};
}

/// In the log.
std::string port_name(const Config& config, std::size_t port) {
  return fmt::format("port {} (realm {})", port, config.ports[port].realm);
}

Result<std::vector<std::unique_ptr<PortSupervisor>>> supervise_ports(Foundation& base) {
  std::vector<std::unique_ptr<PortSupervisor>> supervisors;
  for (std::size_t i = 0; i < base.ports.size(); ++i) {
    auto supervisor = PortSupervisor::create(port_name(base.config, i), base.ports[i],
                                             static_cast<RealmId>(i), *base.dataplane);
    if (!supervisor) {
      return supervisor.error();
    }
    supervisors.push_back(std::move(*supervisor));
  }
  return supervisors;
}

/// None of a measurement, which leaves nothing behind.
std::unique_ptr<AuditTrail> make_trail(const Config& config, const StartingTable& start) {
  if (!start.kept || !config.log.audit) {
    return nullptr;
  }
  return std::make_unique<AuditTrail>(
      audit_file(config), [](bool trouble, const std::string& text) {
        log_lines(trouble ? LogLevel::kError : LogLevel::kInfo, text);
      });
}

}  // namespace

Result<std::unique_ptr<Appliance>> Appliance::launch(const Config& config,
                                                     const StartingTable& start) {
  std::vector<unsigned> cpus = cpus_beside_workers(allowed_cpus(), config.dpdk);
  // Before any device is touched.
  Result<DeviceLocks> locks = DeviceLocks::take(devices_of(config), DeviceLocks::place());
  if (!locks) {
    return locks.error();
  }
  const std::size_t mappings = start.table.mappings.size();
  const Result<MemoryPlan> memory = plan_memory(config, config.dpdk.lcores.size(), mappings);
  if (!memory) {
    return memory.error();
  }
  const Result<EalOptions> options = eal_options(config, *memory, mappings);
  if (!options) {
    return options.error();
  }
  Result<Eal> eal = start_dpdk(*options);
  if (!eal) {
    return eal.error();
  }
  Result<Timers> timers = Timers::create();
  if (!timers) {
    return timers.error();
  }
  auto base = lay_foundation(
      config, start.table,
      {.memory = *memory, .worker_lcores = config.dpdk.lcores, .any_unicast_mac = false});
  if (!base) {
    return base.error();
  }
  if (const Status status = connect_kernel(**base); !status) {
    return status.error();
  }
  auto supervisors = supervise_ports(**base);
  if (!supervisors) {
    return supervisors.error();
  }
  if (config.log.refused) {
    (*base)->dataplane->refused_flows = std::vector<RefusedFlows>(config.dpdk.lcores.size());
  }
  auto workers = Workers::launch(*(*base)->dataplane, config.dpdk.lcores);
  if (!workers) {
    return workers.error();
  }
  std::unique_ptr<Appliance> appliance(
      new Appliance(std::move(*locks), std::move(*eal), std::move(*timers), std::move(*base),
                    std::move(*supervisors), std::move(*workers), std::move(cpus), start));
  if (const Status status = appliance->follow_table(); !status) {
    return status.error();
  }
  return appliance;
}

Appliance::Appliance(DeviceLocks locks, Eal eal, Timers timers, std::unique_ptr<Foundation> base,
                     Supervisors supervisors, std::unique_ptr<Workers> workers,
                     std::vector<unsigned> cpus, const StartingTable& start)
    : locks_(std::move(locks)),
      eal_(std::move(eal)),
      timers_(std::move(timers)),
      base_(std::move(base)),
      supervisors_(std::move(supervisors)),
      gateway_watches_(base_->ports.size()),
      monitor_(base_->config.realm_names()),
      workers_(std::move(workers)),
      cpus_beside_workers_(std::move(cpus)),
      trail_(make_trail(base_->config, start)),
      reloader_(base_->config, *base_->dataplane, base_->live_table, start.file, start.kept,
                trail_.get(), {}) {
  control_activity_.last_tsc.set(rte_rdtsc());
  for (std::size_t i = 0; i < supervisors_.size(); ++i) {
    supervisors_[i]->on_reset([this, i] { monitor_.was_reset(i, base_->ports[i]); });
  }
  if (!base_->dataplane->refused_flows.empty()) {
    recorder_.emplace(base_->config, *base_->dataplane, base_->live_table);
    recorder_->start(cpus_beside_workers_);
  }
  if (start.kept) {  // else it is a measurement, which leaves nothing behind
    historian_ = std::make_unique<Historian>(
        base_->config, base_->live_table, [this] { return counted_numbers(); },
        state_folder(base_->config));
    historian_->start(cpus_beside_workers_);
  }
  if (trail_) {
    trail_->start(cpus_beside_workers_);
    trail_->record({.kind = AuditKind::kStart,
                    .time = std::chrono::system_clock::now(),
                    .by = this_process(),
                    .table = in_force(*table()),
                    .error = start.file.refusal});
  }
  log_lines(LogLevel::kWarning, start.warning);
}

// Follows the table file, and gives numbers by DPDK's telemetry.
Status Appliance::follow_table() {
  if (const Status status = reloader_.start(cpus_beside_workers_); !status) {
    return status;
  }
  Result<TelemetryCommands> telemetry = TelemetryCommands::serve(telemetry_numbers(part()));
  if (!telemetry) {
    return telemetry.error();
  }
  telemetry_.emplace(std::move(*telemetry));
  return Done{};
}

void Appliance::serve(api::Listener listener, api::Access access) {
  server_.emplace(std::move(listener), std::move(access), api::make_handler(part()),
                  cpus_beside_workers_);
}

AppliancePart Appliance::part() {
  return {.config = base_->config,
          .dataplane = *base_->dataplane,
          .ports = base_->ports,
          .supervisors = supervisors_,
          .control = control_activity_,
          .live_table = base_->live_table,
          .rates = rates_,
          .monitor = monitor_,
          .reloader = reloader_,
          .trail = trail_.get(),
          .historian = historian_.get()};
}

/// For the history, whose thread asks.
CountedNumbers Appliance::counted_numbers() const {
  CountedNumbers numbers;
  const CounterSums sums = counters();
  for_each_counter(
      [&numbers](const CounterInfo& counter, std::uint64_t value) {
        numbers.counters[std::string(counter.name)] = value;
      },
      sums);
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    numbers.drops[std::string(info(static_cast<DropReason>(i)).name)] = sums.drops[i];
  }
  for (std::size_t i = 0; i < base_->config.ports.size(); ++i) {
    Numbers& port = numbers.ports[base_->config.ports[i].realm];
    for_each_port_counter([&port](const CounterInfo& counter,
                                  std::uint64_t value) { port[std::string(counter.name)] = value; },
                          sums.ports[i]);
    const PortStatus status = supervisors_[i]->status();
    port["resets"] = status.resets;
    port["failed_resets"] = status.failed_resets;
    port["recoveries"] = status.recoveries;
    port["link_losses"] = status.link_losses;
  }
  return numbers;
}

void Appliance::step() {
  Timers::manage();
  for (const PortContext& port : base_->dataplane->ports) {
    if (supervisors_[port.realm]->step(monotonic_now())) {
      base_->control.link_came_back(port.realm);
    }
  }
  follow_role();
  base_->control.step(monotonic_now());
  base_->dataplane->capture.reclaim(base_->dataplane->quiescence);
  watch_gateways();
  const CounterSums sums = counters();
  rates_.sample(monotonic_now(), sums);
  if (checksum_hint_.step(sums.checksum_half_made, sums.received, monotonic_now())) {
    log(LogLevel::kWarning, "{}; {}", ChecksumHint::kMeaning, ChecksumHint::kAdvice);
  }
  const PortSet in_use = base_->dataplane->ports_in_use.load();
  if (const auto port = monitor_.sample(monotonic_now(), base_->ports, in_use, sums)) {
    supervisors_[*port]->needs_reset();
  }
  control_activity_.last_tsc.set(rte_rdtsc());
}

// On becoming active, hosts are told; a standby tells nobody any more.
void Appliance::follow_role() {
  const std::uint64_t activations = base_->dataplane->role.activations();
  const bool activated = activations != control_activity_.activations.value();
  const bool active = base_->dataplane->role.role() == Role::kActive;
  if (active ? activated : base_->control.to_announce() > 0) {
    const auto loaded = base_->live_table.current();
    for (const PortContext& port : base_->dataplane->ports) {
      base_->control.announce(port.realm,
                              active ? announced_on(port.realm, base_->config, *loaded->table)
                                     : std::vector<Ipv4Prefix>());
    }
  }
  control_activity_.to_announce.set(base_->control.to_announce());
  control_activity_.activations.set(activations);
}

void Appliance::watch_gateways() {
  for (const PortContext& port : base_->dataplane->ports) {
    const std::optional<Gateway> gateway = base_->control.gateway(port.realm);
    control_activity_.gateway_silent[port.realm].store(gateway && gateway->silent);
    const auto notice = gateway ? gateway_watches_[port.realm].step(*gateway, monotonic_now())
                                : std::optional<GatewayWatch::Notice>();
    if (notice) {
      log(notice->is_trouble ? LogLevel::kWarning : LogLevel::kInfo, "{}: {}",
          port_name(base_->config, port.realm), notice->text);
    }
  }
}

Capabilities Appliance::capabilities_in_use() const {
  // Of a natto that root starts by hand: for files that others own, and with an IOMMU for memory
  // beyond RLIMIT_MEMLOCK, which the card is to reach. Its service has neither.
  Capabilities used = capability(CAP_DAC_OVERRIDE) | capability(CAP_IPC_LOCK);
  if (rte_eal_iova_mode() == RTE_IOVA_PA) {
    // To be told the physical address of memory that DPDK takes later, for a larger table.
    used |= capability(CAP_SYS_ADMIN);
  }
  if (std::ranges::any_of(devices(),
                          [](const Port& port) { return port.plan().driver == "net_af_xdp"; })) {
    // To take its program off the interface when natto ends.
    used |= capability(CAP_NET_ADMIN);
  }
  return used;
}

void Appliance::request_reload(std::string trigger, std::string who, Actor by) {
  reloader_.request({.kind = ReloadKind::kReload,
                     .trigger = std::move(trigger),
                     .who = std::move(who),
                     .by = std::move(by)});
}

void Appliance::end(std::string trigger, Actor by) {
  reloader_.stop();  // what it did comes before this
  if (trail_) {
    trail_->record({.kind = AuditKind::kStop,
                    .time = std::chrono::system_clock::now(),
                    .trigger = std::move(trigger),
                    .by = std::move(by),
                    .table = in_force(*table())});
  }
  stop();
}

void Appliance::stop() {
  if (!std::exchange(running_, false)) {
    return;
  }
  reloader_.stop();  // first: clients that wait for it are told so
  server_.reset();
  telemetry_.reset();
  workers_->stop();
  recorder_.reset();  // what the workers refused until they stopped is in the record
  base_->control.finish(monotonic_now());
  discard_for_workers(*base_->dataplane);
  base_->live_table.reclaim();  // the reloader has ended
  if (historian_) {
    historian_->stop();
  }
  if (trail_) {
    trail_->stop();
  }
}

unsigned Appliance::node_of(std::size_t worker) const {
  return rte_lcore_to_socket_id(lcore_of(worker));
}

}  // namespace natto
