#include "ports/port.hpp"

#include <fmt/format.h>
#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_memzone.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "dpdk/devargs.hpp"
#include "dpdk/error.hpp"
#include "dpdk/pci_access.hpp"
#include "dpdk/vdev_access.hpp"

namespace natto {
namespace {

Error vdev_failure(const std::string& device, int error) {
  const std::string obstacle = vdev_obstacle(device, VdevSurroundings::current());
  if (!obstacle.empty()) {
    return system_error(fmt::format("cannot open device {}: {}", device, obstacle));
  }
  // Drivers return -1 for whatever it is, and have said more in a line of DPDK's log.
  return system_error(fmt::format(
      "cannot open device {}: its driver refuses it{}\n  what DPDK wrote before this says more; "
      "check the device's arguments",
      device, error == -1 ? "" : fmt::format(" ({})", rte_strerror(-error))));
}

Result<std::uint16_t> probe(const std::string& device) {
  const std::string name = device_name(device);
  if (!is_pci_device(device)) {
    // Not rte_dev_probe(), which takes 128 bytes: the names of two captures are longer.
    const std::size_t comma = std::min(device.find(','), device.size() - 1);
    if (const int error = rte_vdev_init(name.c_str(), device.c_str() + comma + 1); error < 0) {
      return vdev_failure(device, error);
    }
  }
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
    std::string message = fmt::format("device {} is not there: no DPDK driver took it", name);
    if (is_pci_device(device)) {
      message += pci_obstacles(name, ProcessRights::current());
    }
    if (const std::string missing = missing_driver("net_ena", loaded_libraries());
        is_ena(device) && !missing.empty()) {
      message += "\n  " + missing;
    }
    return system_error(std::move(message));
  }
  return id;
}

/// Stops a device, and lets the interrupts of the commands that stop it pass. Before DPDK 24.03, a
/// reset or close of net_ena frees what its interrupt handler uses without waiting for the handler
/// (rte_intr_callback_unregister in ena_close), and the process crashes.
void stop_with_its_interrupts(std::uint16_t id) {
  static_cast<void>(rte_eth_dev_stop(id));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

/// After a reset that failed. ENA's driver, up to DPDK 26.07, may then keep memory whose name each
/// later attempt wants to use, and cannot (doc/dpdk-reports.md).
void free_what_ena_has_left(std::uint16_t port) {
  struct Left {
    std::string prefix;
    std::vector<const rte_memzone*> zones;
  } left{.prefix = fmt::format("ena_p{}_mz", port), .zones = {}};
  rte_memzone_walk(
      [](const rte_memzone* zone, void* to) {
        auto& [prefix, zones] = *static_cast<Left*>(to);
        if (std::string_view(zone->name).starts_with(prefix)) {
          zones.push_back(zone);
        }
      },
      &left);
  for (const rte_memzone* zone : left.zones) {
    rte_memzone_free(zone);
  }
}

}  // namespace

Result<Port> Port::open(const PortOptions& options) {
  const Result<std::uint16_t> id = probe(options.device);
  if (!id) {
    return id.error();
  }
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(*id, &info); error != 0) {
    return dpdk_error("query", options.device, error);
  }
  Result<PortPlan> plan = plan_port(info, options);
  if (!plan) {
    return plan.error();
  }
  Port port(*id, options, std::move(*plan));
  if (const Status status = port.bring_up(); !status) {
    return status.error();
  }
  const Result<MacAddress> mac = port.read_mac();
  if (!mac) {
    return mac.error();
  }
  port.mac_ = *mac;
  // The driver of a network card that stays the kernel's as well knows its link itself.
  port.interface_ = is_pci_device(options.device) ? 0 : info.if_index;
  return port;
}

Status Port::reset() {
  // A device that hangs may refuse to stop, and needs its reset all the more.
  stop_with_its_interrupts(id());
  if (const int error = rte_eth_dev_reset(id()); error != 0) {
    if (plan_.driver == "net_ena") {
      free_what_ena_has_left(id());
    }
    return dpdk_error("reset", device_, error);
  }
  if (Status status = bring_up(); !status) {
    return status;
  }
  const Result<MacAddress> mac = read_mac();
  if (!mac) {
    return mac.error();
  }
  if (*mac != mac_) {
    return system_error(
        fmt::format("device {} came back from its reset with the MAC address {} instead of {}: "
                    "restart natto",
                    device_, to_string(*mac), to_string(mac_)));
  }
  return Done{};
}

LinkState Port::link() const {
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(id(), &link) != 0) {
    return {};
  }
  return {.up = link.link_status == RTE_ETH_LINK_UP,
          .speed_mbps = link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN ? link.link_speed : 0};
}

Status Port::bring_up() {
  const rte_eth_conf conf = make_conf(plan_);
  if (const int error = rte_eth_dev_configure(id(), plan_.queues, plan_.queues, &conf);
      error != 0) {
    return dpdk_error("configure", device_, error);
  }
  // First the queues, then what a card may refuse: net_ena before DPDK 25.11 cannot close or reset
  // a device that has none of the queues it was configured with, and crashes
  // (ena_rx_queue_release).
  if (Status status = set_up_queues(); !status) {
    return status;
  }
  // Configuring does not tell every driver (ENA) the MTU. Those without the call take any frame.
  if (const int error = rte_eth_dev_set_mtu(id(), plan_.mtu); error != 0 && error != -ENOTSUP) {
    return dpdk_error(fmt::format("set the MTU {} of", plan_.mtu), device_, error);
  }
  if (const int error = rte_eth_dev_start(id()); error != 0) {
    return dpdk_error("start", device_, error);
  }
  return Done{};
}

Status Port::set_up_queues() {
  const auto socket = static_cast<unsigned>(std::max(rte_eth_dev_socket_id(id()), 0));
  for (std::uint16_t queue = 0; queue < plan_.queues; ++queue) {
    if (const int error = rte_eth_rx_queue_setup(id(), queue, plan_.rx_descriptors, socket, nullptr,
                                                 pools_[queue]);
        error != 0) {
      return dpdk_error(fmt::format("set up receive queue {} of", queue), device_, error);
    }
    if (const int error =
            rte_eth_tx_queue_setup(id(), queue, plan_.tx_descriptors, socket, nullptr);
        error != 0) {
      return dpdk_error(fmt::format("set up transmit queue {} of", queue), device_, error);
    }
  }
  return Done{};
}

Result<MacAddress> Port::read_mac() const {
  rte_ether_addr address{};
  if (const int error = rte_eth_macaddr_get(id(), &address); error != 0) {
    return dpdk_error("read the MAC address of", device_, error);
  }
  MacAddress mac;
  std::memcpy(mac.bytes.data(), address.addr_bytes, sizeof(address.addr_bytes));
  return mac;
}

Port::Handle::~Handle() {
  if (owner) {
    stop_with_its_interrupts(id);
    rte_eth_dev_close(id);
  }
}

}  // namespace natto
