#include "ports/port_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

namespace natto {
namespace {

constexpr std::uint64_t kRxChecksums =
    RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
constexpr std::uint64_t kTxChecksums =
    RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;

struct RssType {
  std::uint64_t type;
  std::string_view name;
};
constexpr std::array kRssTypes = {
    RssType{RTE_ETH_RSS_NONFRAG_IPV4_TCP, "TCP"}, RssType{RTE_ETH_RSS_NONFRAG_IPV4_UDP, "UDP"},
    RssType{RTE_ETH_RSS_NONFRAG_IPV4_OTHER, "other protocols"},
    RssType{RTE_ETH_RSS_FRAG_IPV4, "fragments"}, RssType{RTE_ETH_RSS_IPV4, "any IPv4"}};

std::uint64_t wanted_rss() {
  std::uint64_t types = 0;
  for (const RssType& rss : kRssTypes) {
    types |= rss.type;
  }
  return types;
}

/// Whether more than whole TCP and UDP packets are spread over the queues.
bool spreads_everything(std::uint64_t rss_hf) {
  constexpr std::uint64_t kRest = RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_FRAG_IPV4;
  return (rss_hf & RTE_ETH_RSS_IPV4) != 0 || (rss_hf & kRest) == kRest;
}

/// A power of two as near to kDescriptors as the device takes, since some drivers (ENA) take
/// nothing else and rte_eth_dev_adjust_nb_rx_tx_desc does not see to it; where none fits, any
/// number that does.
std::uint16_t descriptors(const rte_eth_desc_lim& limits) {
  const unsigned align = std::max<unsigned>(limits.nb_align, 1);
  const unsigned max = limits.nb_max != 0 ? limits.nb_max : UINT16_MAX;
  const auto fits = [&](unsigned count) {
    return count >= limits.nb_min && count <= max && count % align == 0;
  };
  for (unsigned count = kDescriptors; count > 0; count /= 2) {
    if (fits(count)) {
      return static_cast<std::uint16_t>(count);
    }
  }
  for (unsigned count = kDescriptors * 2; count <= max; count *= 2) {
    if (fits(count)) {
      return static_cast<std::uint16_t>(count);
    }
  }
  const unsigned least = (std::max<unsigned>(limits.nb_min, 1) + align - 1) / align * align;
  return static_cast<std::uint16_t>(
      std::max(std::min<unsigned>(kDescriptors, max) / align * align, least));
}

/// The largest MTU, as rte_eth_dev_configure reckons it.
std::uint32_t largest_mtu(const rte_eth_dev_info& info) {
  const bool knows_overhead = info.max_mtu != UINT16_MAX && info.max_rx_pktlen > info.max_mtu;
  const std::uint32_t overhead =
      knows_overhead ? info.max_rx_pktlen - info.max_mtu : RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
  return std::min<std::uint32_t>(info.max_mtu,
                                 info.max_rx_pktlen - std::min(overhead, info.max_rx_pktlen));
}

Status check(const rte_eth_dev_info& info, const PortOptions& options) {
  const std::uint16_t queues = std::min(info.max_rx_queues, info.max_tx_queues);
  if (options.queues > queues) {
    return system_error(fmt::format(
        "device {} has {} queue pair(s), but {} workers want one each: name at most {} in [dpdk] "
        "lcores",
        options.device, queues, options.queues, queues));
  }
  if (const std::uint32_t largest = largest_mtu(info);
      options.mtu < info.min_mtu || options.mtu > largest) {
    return system_error(
        fmt::format("device {} takes an MTU of {} to {} bytes, not {}: change mtu in its [[port]]",
                    options.device, info.min_mtu, largest, options.mtu));
  }
  return Done{};
}

/// Why `info`'s device cannot do all checksums; empty if it can.
std::string missing_checksums(const rte_eth_dev_info& info) {
  const std::uint64_t rx = kRxChecksums & ~info.rx_offload_capa;
  const std::uint64_t tx = kTxChecksums & ~info.tx_offload_capa;
  std::string missing;
  if (rx != 0) {
    missing += fmt::format(" receive {}", offload_names(rx, rte_eth_dev_rx_offload_name));
  }
  if (tx != 0) {
    missing += fmt::format("{} transmit {}", missing.empty() ? "" : ",",
                           offload_names(tx, rte_eth_dev_tx_offload_name));
  }
  return missing.empty() ? missing : "the device does not offer" + missing;
}

}  // namespace

Result<PortPlan> plan_port(const rte_eth_dev_info& info, const PortOptions& options) {
  if (const Status status = check(info, options); !status) {
    return status.error();
  }
  PortPlan plan;
  plan.driver = info.driver_name != nullptr ? info.driver_name : "";
  plan.queues = options.queues;
  plan.rx_descriptors = descriptors(info.rx_desc_lim);
  plan.tx_descriptors = descriptors(info.tx_desc_lim);
  plan.mtu = options.mtu;
  if (options.queues > 1) {
    plan.rss_hf = wanted_rss() & info.flow_type_rss_offloads;
  }
  plan.software_rss = options.queues > 1 && !spreads_everything(plan.rss_hf);
  plan.link_interrupt = info.dev_flags != nullptr && (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
  plan.no_checksum_offload_because =
      options.checksum_offload ? missing_checksums(info) : "the configuration turns it off";
  plan.checksum_offload = plan.no_checksum_offload_because.empty();

  std::uint64_t rx = RTE_ETH_RX_OFFLOAD_SCATTER;
  // Never MBUF_FAST_FREE: clones and packets of several buffers are sent too.
  std::uint64_t tx = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  if (plan.checksum_offload) {
    rx |= kRxChecksums;
    tx |= kTxChecksums;
  } else if (options.checksum_offload) {
    rx |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  }
  plan.rx_offloads = rx & info.rx_offload_capa;
  plan.tx_offloads = tx & info.tx_offload_capa;
  return plan;
}

rte_eth_conf make_conf(const PortPlan& plan) {
  rte_eth_conf conf{};
  conf.rxmode.mtu = plan.mtu;
  conf.rxmode.offloads = plan.rx_offloads;
  conf.txmode.offloads = plan.tx_offloads;
  if (plan.rss_hf != 0) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = plan.rss_hf;
  }
  conf.intr_conf.lsc = plan.link_interrupt ? 1 : 0;
  return conf;
}

std::string offload_names(std::uint64_t offloads, const char* (*name)(std::uint64_t)) {
  std::string text;
  for (; offloads != 0; offloads &= offloads - 1) {
    text += (text.empty() ? "" : " ") + std::string(name(offloads & -offloads));
  }
  return text;
}

std::string rss_names(std::uint64_t rss_hf) {
  std::string text;
  for (const RssType& rss : kRssTypes) {
    if ((rss_hf & rss.type) != 0) {
      text.append(text.empty() ? "" : ", ").append(rss.name);
    }
  }
  return text.empty() ? "none" : text;
}

std::string to_string(const PortPlan& plan) {
  return fmt::format(
      "driver {}, {} queue(s) with {} receive and {} transmit descriptors, mtu {}, RSS {}, "
      "checksum "
      "offload {}",
      plan.driver, plan.queues, plan.rx_descriptors, plan.tx_descriptors, plan.mtu,
      rss_names(plan.rss_hf),
      plan.checksum_offload ? "on" : "off: " + plan.no_checksum_offload_because);
}

}  // namespace natto
