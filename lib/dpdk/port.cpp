#include "dpdk/port.hpp"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_pci.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "dpdk/error.hpp"
#include "dpdk/pci_access.hpp"

namespace natto {
namespace {

std::string name_of(std::string_view device) {
  return std::string(device.substr(0, device.find(',')));
}

Result<std::uint16_t> probe(const std::string& device) {
  const std::string name = name_of(device);
  if (!is_pci_device(device)) {
    if (const int error = rte_dev_probe(device.c_str()); error < 0) {
      Error failure = dpdk_error("open device", device, error);
      failure.message +=
          "\n  check the device's name and arguments, that what it names exists, and permissions";
      return failure;
    }
  }
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
    return system_error(
        fmt::format("device {} is not there: no DPDK driver took it{}", name,
                    is_pci_device(device) ? pci_obstacles(device, ProcessRights::current()) : ""));
  }
  return id;
}

rte_eth_conf make_conf(const rte_eth_dev_info& info, const PortOptions& options) {
  rte_eth_conf conf{};
  conf.rxmode.mtu = options.mtu;
  std::uint64_t wanted = RTE_ETH_RX_OFFLOAD_SCATTER;
  if (options.checksum_offload) {
    wanted |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  }
  conf.rxmode.offloads = wanted & info.rx_offload_capa;
  conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS & info.tx_offload_capa;
  if (options.queues > 1) {
    conf.rx_adv_conf.rss_conf.rss_hf =
        (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP) & info.flow_type_rss_offloads;
    if (conf.rx_adv_conf.rss_conf.rss_hf != 0) {
      conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    }
  }
  if (info.dev_flags != nullptr && (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0) {
    conf.intr_conf.lsc = 1;
  }
  return conf;
}

Status set_up_queues(std::uint16_t id, const PortOptions& options) {
  std::uint16_t rx_descriptors = Port::kDescriptors;
  std::uint16_t tx_descriptors = Port::kDescriptors;
  if (const int error = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx_descriptors, &tx_descriptors);
      error < 0) {
    return dpdk_error("size the rings of", options.device, error);
  }
  const auto socket = static_cast<unsigned>(std::max(rte_eth_dev_socket_id(id), 0));
  for (std::uint16_t queue = 0; queue < options.queues; ++queue) {
    if (const int error =
            rte_eth_rx_queue_setup(id, queue, rx_descriptors, socket, nullptr, options.pool);
        error < 0) {
      return dpdk_error(fmt::format("set up receive queue {} of", queue), options.device, error);
    }
    if (const int error = rte_eth_tx_queue_setup(id, queue, tx_descriptors, socket, nullptr);
        error < 0) {
      return dpdk_error(fmt::format("set up transmit queue {} of", queue), options.device, error);
    }
  }
  return Done{};
}

}  // namespace

bool is_pci_device(std::string_view device) {
  rte_pci_addr address{};
  return rte_pci_addr_parse(name_of(device).c_str(), &address) == 0;
}

Result<Port> Port::open(const PortOptions& options) {
  const Result<std::uint16_t> id = probe(options.device);
  if (!id) {
    return id.error();
  }
  Port port(*id);
  if (const Status status = port.configure(options); !status) {
    return status.error();
  }
  if (const int error = rte_eth_dev_start(*id); error < 0) {
    return dpdk_error("start", options.device, error);
  }
  rte_ether_addr mac{};
  if (const int error = rte_eth_macaddr_get(*id, &mac); error < 0) {
    return dpdk_error("read the MAC address of", options.device, error);
  }
  std::memcpy(port.mac_.bytes.data(), mac.addr_bytes, sizeof(mac.addr_bytes));
  return port;
}

Status Port::configure(const PortOptions& options) {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(id_, &info); error < 0) {
    return dpdk_error("query", options.device, error);
  }
  const std::uint16_t queues = std::min(info.max_rx_queues, info.max_tx_queues);
  if (options.queues > queues) {
    return system_error(fmt::format(
        "device {} has {} queue pair(s), but {} workers want one each: name at most {} in [dpdk] "
        "lcores",
        options.device, queues, options.queues, queues));
  }
  const rte_eth_conf conf = make_conf(info, options);
  rx_offloads_ = conf.rxmode.offloads;
  tx_offloads_ = conf.txmode.offloads;
  if (const int error = rte_eth_dev_configure(id_, options.queues, options.queues, &conf);
      error < 0) {
    return dpdk_error("configure", options.device, error);
  }
  // Configuring does not tell every driver (ENA) the MTU. Those without the call take any frame.
  if (const int error = rte_eth_dev_set_mtu(id_, options.mtu); error < 0 && error != -ENOTSUP) {
    return dpdk_error(fmt::format("set the MTU {} of", options.mtu), options.device, error);
  }
  return set_up_queues(id_, options);
}

Port::Port(Port&& other) noexcept
    : id_(other.id_),
      mac_(other.mac_),
      rx_offloads_(other.rx_offloads_),
      tx_offloads_(other.tx_offloads_),
      owner_(std::exchange(other.owner_, false)) {}

Port::~Port() {
  if (owner_) {
    rte_eth_dev_stop(id_);
    rte_eth_dev_close(id_);
  }
}

}  // namespace natto
