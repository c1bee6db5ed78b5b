#include "ports/port_plan.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

constexpr std::uint32_t kLinkInterrupt = RTE_ETH_DEV_INTR_LSC;
constexpr std::uint64_t kAllRxChecksums =
    RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
constexpr std::uint64_t kAllTxChecksums =
    RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
constexpr std::uint64_t kTcpAndUdp = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP;

rte_eth_desc_lim limits(std::uint16_t min, std::uint16_t max, std::uint16_t align) {
  rte_eth_desc_lim limits{};
  limits.nb_min = min;
  limits.nb_max = max;
  limits.nb_align = align;
  return limits;
}

/// What ethdev says of a device whose driver says nothing: net_pcap, but for its queues.
rte_eth_dev_info plain_device() {
  rte_eth_dev_info info{};
  info.driver_name = "net_plain";
  info.rx_desc_lim = limits(0, UINT16_MAX, 1);
  info.tx_desc_lim = info.rx_desc_lim;
  info.min_mtu = 46;
  info.max_mtu = UINT16_MAX;
  info.max_rx_pktlen = UINT32_MAX;
  info.max_rx_queues = 16;
  info.max_tx_queues = 16;
  return info;
}

/// drivers/net/ena/ena_ethdev.c, ena_infos_get.
rte_eth_dev_info ena() {
  rte_eth_dev_info info = plain_device();
  info.driver_name = "net_ena";
  info.dev_flags = &kLinkInterrupt;
  info.rx_offload_capa = kAllRxChecksums | RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_SCATTER;
  info.tx_offload_capa = kAllTxChecksums | RTE_ETH_TX_OFFLOAD_TCP_TSO |
                         RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  info.flow_type_rss_offloads =
      kTcpAndUdp | RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;
  info.rx_desc_lim = limits(128, 8192, 1);
  info.tx_desc_lim = limits(128, 1024, 1);
  info.min_mtu = 128;
  info.max_mtu = 9216;
  info.max_rx_pktlen = 9216 + 18;
  info.max_rx_queues = 8;
  info.max_tx_queues = 8;
  return info;
}

/// drivers/net/tap/rte_eth_tap.c, tap_dev_info.
rte_eth_dev_info tap() {
  rte_eth_dev_info info = plain_device();
  info.driver_name = "net_tap";
  info.dev_flags = &kLinkInterrupt;
  info.rx_offload_capa = kAllRxChecksums | RTE_ETH_RX_OFFLOAD_SCATTER;
  info.tx_offload_capa =
      kAllTxChecksums | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_TSO;
  info.flow_type_rss_offloads = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP;
  return info;
}

PortPlan plan(const rte_eth_dev_info& info, PortOptions options = {.device = "d"}) {
  return plan_port(info, options).value();
}

TEST(PortPlan, AsksEnaForNothingThatItRefuses) {
  const PortPlan p = plan(ena(), {.device = "d", .queues = 4, .mtu = 9001});
  EXPECT_EQ(p.driver, "net_ena");
  EXPECT_EQ(p.queues, 4);
  EXPECT_EQ(p.mtu, 9001);
  EXPECT_EQ(p.rx_descriptors, 1024);
  EXPECT_EQ(p.tx_descriptors, 1024);
  EXPECT_EQ(p.rss_hf, kTcpAndUdp);
  EXPECT_EQ(p.rx_offloads, kAllRxChecksums | RTE_ETH_RX_OFFLOAD_SCATTER);
  EXPECT_EQ(p.tx_offloads, kAllTxChecksums | RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
  EXPECT_TRUE(p.link_interrupt) << "without it the link reads down for ever";
  EXPECT_TRUE(p.checksum_offload);
  EXPECT_TRUE(p.software_rss);

  const rte_eth_conf conf = make_conf(p);
  EXPECT_EQ(conf.rxmode.mq_mode, RTE_ETH_MQ_RX_RSS);
  EXPECT_EQ(conf.rx_adv_conf.rss_conf.rss_hf, kTcpAndUdp);
  EXPECT_EQ(conf.rxmode.mtu, 9001U);
  EXPECT_EQ(conf.rxmode.offloads, p.rx_offloads);
  EXPECT_EQ(conf.txmode.offloads, p.tx_offloads);
  EXPECT_EQ(conf.intr_conf.lsc, 1U);
}

TEST(PortPlan, LargeLlqHeadersHalveTheTransmitQueue) {
  rte_eth_dev_info info = ena();
  info.tx_desc_lim.nb_max = 512;
  EXPECT_EQ(plan(info).tx_descriptors, 512);
  EXPECT_EQ(plan(info).rx_descriptors, 1024);
}

TEST(PortPlan, OneQueueNeedsNoSpreading) {
  const PortPlan p = plan(ena());
  EXPECT_EQ(p.rss_hf, 0U);
  EXPECT_FALSE(p.software_rss);
  EXPECT_EQ(make_conf(p).rxmode.mq_mode, RTE_ETH_MQ_RX_NONE);
}

TEST(PortPlan, TapOffersChecksumsAndSpreadsEverything) {
  const PortPlan p = plan(tap(), {.device = "d", .queues = 2});
  EXPECT_TRUE(p.checksum_offload);
  EXPECT_FALSE(p.software_rss);
  EXPECT_EQ(p.rss_hf & ~tap().flow_type_rss_offloads, 0U);
}

TEST(PortPlan, OnlyTheRssThatHashesEverythingSparesSoftwareTheSpreading) {
  const auto spreads = [](std::uint64_t types) {
    rte_eth_dev_info info = ena();
    info.flow_type_rss_offloads = types;
    return plan(info, {.device = "d", .queues = 2}).software_rss;
  };
  EXPECT_TRUE(spreads(0));
  EXPECT_TRUE(spreads(kTcpAndUdp | RTE_ETH_RSS_FRAG_IPV4));
  EXPECT_TRUE(spreads(kTcpAndUdp | RTE_ETH_RSS_NONFRAG_IPV4_OTHER));
  EXPECT_FALSE(spreads(RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER));
  EXPECT_FALSE(spreads(RTE_ETH_RSS_IPV4));
}

TEST(PortPlan, ADeviceWithoutAnythingIsAskedForNothing) {
  const PortPlan p = plan(plain_device(), {.device = "d", .queues = 2});
  EXPECT_EQ(p.rx_offloads, 0U);
  EXPECT_EQ(p.tx_offloads, 0U);
  EXPECT_EQ(p.rss_hf, 0U);
  EXPECT_EQ(p.rx_descriptors, 1024);
  EXPECT_FALSE(p.link_interrupt);
  EXPECT_FALSE(p.checksum_offload);
}

TEST(PortPlan, ChecksumsAreAllTheHardwaresOrNone) {
  for (const auto missing : {RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
                             RTE_ETH_RX_OFFLOAD_TCP_CKSUM}) {
    rte_eth_dev_info info = ena();
    info.rx_offload_capa &= ~missing;
    const PortPlan p = plan(info);
    EXPECT_FALSE(p.checksum_offload);
    EXPECT_EQ(p.tx_offloads, RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
    EXPECT_EQ(p.no_checksum_offload_because, std::string("the device does not offer receive ") +
                                                 rte_eth_dev_rx_offload_name(missing));
  }
  for (const auto missing : {RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, RTE_ETH_TX_OFFLOAD_UDP_CKSUM,
                             RTE_ETH_TX_OFFLOAD_TCP_CKSUM}) {
    rte_eth_dev_info info = ena();
    info.tx_offload_capa &= ~missing;
    const PortPlan p = plan(info);
    EXPECT_FALSE(p.checksum_offload);
    EXPECT_EQ(p.rx_offloads, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_SCATTER)
        << "received headers' checksums help all the same";
    EXPECT_EQ(p.no_checksum_offload_because, std::string("the device does not offer transmit ") +
                                                 rte_eth_dev_tx_offload_name(missing));
  }
}

TEST(PortPlan, TheConfigurationSwitchesChecksumsOff) {
  const PortPlan p = plan(ena(), {.device = "d", .checksum_offload = false});
  EXPECT_FALSE(p.checksum_offload);
  EXPECT_EQ(p.rx_offloads, RTE_ETH_RX_OFFLOAD_SCATTER);
  EXPECT_EQ(p.tx_offloads, RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
  EXPECT_EQ(p.no_checksum_offload_because, "the configuration turns it off");
}

TEST(PortPlan, DescriptorsKeepToOddLimits) {
  const auto descriptors = [](std::uint16_t min, std::uint16_t max, std::uint16_t align) {
    rte_eth_dev_info info = plain_device();
    info.rx_desc_lim = limits(min, max, align);
    return plan(info).rx_descriptors;
  };
  EXPECT_EQ(descriptors(128, 1000, 1), 512) << "a power of two, although more would fit";
  EXPECT_EQ(descriptors(128, 1023, 32), 512);
  EXPECT_EQ(descriptors(2048, 8192, 1), 2048);
  EXPECT_EQ(descriptors(1500, 8192, 8), 2048);
  EXPECT_EQ(descriptors(0, 0, 0), 1024) << "a driver that sets no limits";
  EXPECT_EQ(descriptors(1, 16, 1), 16);
  EXPECT_EQ(descriptors(1, 1, 1), 1);
  // Where no power of two is allowed, what is.
  EXPECT_EQ(descriptors(600, 1000, 1), 1000);
  EXPECT_EQ(descriptors(90, 960, 48), 960);
  EXPECT_EQ(descriptors(1100, 1500, 100), 1100);
}

TEST(PortPlan, SaysWhatTheDeviceLacks) {
  const auto queues = plan_port(ena(), {.device = "0000:00:06.0", .queues = 9});
  ASSERT_FALSE(queues);
  EXPECT_EQ(queues.error().kind, ErrorKind::kSystem);
  EXPECT_NE(queues.error().message.find("0000:00:06.0 has 8 queue pair(s), but 9 workers"),
            std::string::npos);

  const auto mtu = plan_port(ena(), {.device = "0000:00:06.0", .mtu = 9217});
  ASSERT_FALSE(mtu);
  EXPECT_NE(mtu.error().message.find("takes an MTU of 128 to 9216 bytes, not 9217"),
            std::string::npos);
  EXPECT_FALSE(plan_port(ena(), {.device = "d", .mtu = 127}));
  EXPECT_TRUE(plan_port(ena(), {.device = "d", .mtu = 9216}));
}

TEST(PortPlan, TheLongestFrameLimitsTheMtuToo) {
  rte_eth_dev_info info = plain_device();
  info.max_rx_pktlen = 1518;
  EXPECT_TRUE(plan_port(info, {.device = "d", .mtu = 1500}));
  EXPECT_FALSE(plan_port(info, {.device = "d", .mtu = 1501}));
}

TEST(PortPlan, IsToldInALine) {
  EXPECT_EQ(to_string(plan(ena(), {.device = "d", .queues = 4, .mtu = 9001})),
            "driver net_ena, 4 queue(s) with 1024 receive and 1024 transmit descriptors, mtu 9001, "
            "RSS TCP, UDP, checksum offload on");
  EXPECT_EQ(to_string(plan(plain_device())),
            "driver net_plain, 1 queue(s) with 1024 receive and 1024 transmit descriptors, mtu "
            "1500, RSS none, checksum offload off: the device does not offer receive IPV4_CKSUM "
            "UDP_CKSUM TCP_CKSUM, transmit IPV4_CKSUM UDP_CKSUM TCP_CKSUM");
}

}  // namespace
}  // namespace natto
