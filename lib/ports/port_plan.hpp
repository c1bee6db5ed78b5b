#pragma once

// Decides how to configure a port from the device's capabilities, before the device is configured,
// so that a reset can apply the same plan again.

#include <rte_ethdev.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace natto {

struct PortOptions {
  std::string device;            ///< PCI address (probed by EAL) or "net_xxx0,key=value,..."
  std::uint16_t queues = 1;      ///< RX and TX queue pairs
  std::uint16_t mtu = 1500;      ///< bytes
  bool checksum_offload = true;  ///< use the device's checksum hardware, where it does enough
  std::vector<rte_mempool*> pools = {};  ///< by queue; outlive the port
};

/// Descriptors of a queue, where the device takes as many.
inline constexpr std::uint16_t kDescriptors = 1024;

struct PortPlan {
  std::string driver;                ///< DPDK's name for it
  std::uint16_t queues = 1;          ///< RX and TX queue pairs
  std::uint16_t rx_descriptors = 0;  ///< of each queue
  std::uint16_t tx_descriptors = 0;
  std::uint16_t mtu = 0;          ///< bytes
  std::uint64_t rx_offloads = 0;  ///< RTE_ETH_RX_OFFLOAD_*
  std::uint64_t tx_offloads = 0;  ///< RTE_ETH_TX_OFFLOAD_*
  std::uint64_t rss_hf = 0;       ///< RTE_ETH_RSS_* that distribute packets over queues; 0: no RSS
  bool link_interrupt = false;    ///< the driver reports link changes (RTE_ETH_EVENT_INTR_LSC)
  /// The hardware checks the checksums of received IPv4, TCP and UDP and computes those of sent
  /// packets: all of it or none.
  bool checksum_offload = false;
  std::string no_checksum_offload_because;  ///< empty if checksum_offload
  /// Packets that are not whole TCP or UDP all arrive at queue 0 (ENA): they need software RSS.
  bool software_rss = false;
};

/// What the device of `info` supports of `options`. Fails if it lacks what natto needs: queues,
/// MTU. Pure.
[[nodiscard]] Result<PortPlan> plan_port(const rte_eth_dev_info& info, const PortOptions& options);

/// For rte_eth_dev_configure.
[[nodiscard]] rte_eth_conf make_conf(const PortPlan& plan);

/// "IPV4_CKSUM SCATTER": DPDK's names (rte_eth_dev_rx_offload_name) of the bits of `offloads`.
[[nodiscard]] std::string offload_names(std::uint64_t offloads, const char* (*name)(std::uint64_t));

/// "TCP, UDP"; "none".
[[nodiscard]] std::string rss_names(std::uint64_t rss_hf);

/// In a line, for people.
[[nodiscard]] std::string to_string(const PortPlan& plan);

}  // namespace natto
