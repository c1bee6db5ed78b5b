// The fake is as strict as the card: what it refuses, complains of, and does to checksums.

#include "eal/fake_ena.hpp"

#include <gtest/gtest.h>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto::test {
namespace {

rte_eth_conf configuration() {
  rte_eth_conf conf{};
  conf.rxmode.mtu = 1500;
  conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP;
  conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
                         RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  conf.intr_conf.lsc = 1;
  return conf;
}

void start(const FakeEna& card, std::uint16_t queues = 2) {
  const rte_eth_conf conf = configuration();
  ASSERT_EQ(rte_eth_dev_configure(card.id(), queues, queues, &conf), 0);
  for (std::uint16_t queue = 0; queue < queues; ++queue) {
    ASSERT_EQ(rte_eth_rx_queue_setup(card.id(), queue, 1024, 0, nullptr, shared_pool()), 0);
    ASSERT_EQ(rte_eth_tx_queue_setup(card.id(), queue, 1024, 0, nullptr), 0);
  }
  ASSERT_EQ(rte_eth_dev_start(card.id()), 0);
}

rte_mbuf* offloaded(const Bytes& frame, std::uint64_t l4) {
  rte_mbuf* mbuf = make_mbuf(frame);
  mbuf->l2_len = 14;
  mbuf->l3_len = 20;
  mbuf->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | l4;
  return mbuf;
}

/// `frame` with nonsense in both checksums.
Bytes without_checksums(Bytes frame, std::size_t transport_offset) {
  write16(frame, 14 + 10, 0xdead);
  write16(frame, 14 + 20 + transport_offset, 0xbeef);
  return frame;
}

Bytes udp_frame() { return frame_of(make_udp({}, Bytes(99, 7))); }

TEST(FakeEna, RefusesWhatTheDriverRefuses) {
  const FakeEna card;
  rte_eth_conf conf = configuration();
  conf.rx_adv_conf.rss_conf.rss_hf |= RTE_ETH_RSS_IPV4;
  EXPECT_EQ(rte_eth_dev_configure(card.id(), 1, 1, &conf), -EINVAL);
  conf = configuration();
  conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_SCTP_CKSUM;
  EXPECT_EQ(rte_eth_dev_configure(card.id(), 1, 1, &conf), -EINVAL);
  conf = configuration();
  conf.rxmode.mtu = 9217;
  EXPECT_EQ(rte_eth_dev_configure(card.id(), 1, 1, &conf), -EINVAL);
  conf = configuration();
  EXPECT_EQ(rte_eth_dev_configure(card.id(), 9, 9, &conf), -EINVAL);
  ASSERT_EQ(rte_eth_dev_configure(card.id(), 1, 1, &conf), 0);
  EXPECT_EQ(rte_eth_rx_queue_setup(card.id(), 0, 1000, 0, nullptr, shared_pool()), -EINVAL);
  EXPECT_EQ(rte_eth_rx_queue_setup(card.id(), 0, 64, 0, nullptr, shared_pool()), -EINVAL);
  EXPECT_EQ(rte_eth_tx_queue_setup(card.id(), 0, 2048, 0, nullptr), -EINVAL);
  EXPECT_EQ(rte_eth_dev_set_mtu(card.id(), 9217), -EINVAL);
  EXPECT_NE(rte_eth_dev_start(card.id()), 0) << "its queues are not set up";
}

TEST(FakeEna, AResetForgetsTheConfiguration) {
  const FakeEna card;
  start(card);
  EXPECT_EQ(rte_eth_dev_set_mtu(card.id(), 9001), 0);
  EXPECT_EQ(card.state().device_mtu, 9001);
  EXPECT_EQ(rte_eth_dev_reset(card.id()), 0);
  EXPECT_EQ(card.state(), FakeEnaState{});
  EXPECT_NE(rte_eth_dev_start(card.id()), 0);
  start(card);
  EXPECT_EQ(card.state().device_mtu, 1500);
}

TEST(FakeEna, ReceivesWithTheDriversFlags) {
  FakeEna card;
  start(card);
  Bytes bad = udp_frame();
  bad.back() ^= 1;
  const Bytes fragment = frame_of(make_udp({.fragment = 0x2000}, Bytes(8)));
  ASSERT_TRUE(card.receive_at(0, udp_frame()));
  ASSERT_TRUE(card.receive_at(0, bad));
  ASSERT_TRUE(card.receive_at(0, fragment));
  std::array<rte_mbuf*, 4> packets{};
  ASSERT_EQ(rte_eth_rx_burst(card.id(), 0, packets.data(), 4), 3);
  const auto l4 = [&](std::size_t i) { return packets[i]->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK; };
  EXPECT_EQ(l4(0), RTE_MBUF_F_RX_L4_CKSUM_GOOD);
  EXPECT_EQ(l4(1), RTE_MBUF_F_RX_L4_CKSUM_BAD);
  EXPECT_EQ(l4(2), RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
  EXPECT_EQ(packets[0]->packet_type, RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP);
  rte_pktmbuf_free_bulk(packets.data(), 3);
}

TEST(FakeEna, EverythingButUnfragmentedTcpAndUdpLandsOnQueueZero) {
  FakeEna card;
  start(card);
  for (std::uint8_t i = 0; i < 32; ++i) {
    const std::string source = "10.1.1." + std::to_string(i);
    ASSERT_TRUE(card.receive(frame_of(make_icmp({.source = source}, 8, Bytes(4)))));
    ASSERT_TRUE(card.receive(frame_of(make_udp({.source = source, .fragment = 0x2000}, Bytes(8)))));
  }
  std::array<rte_mbuf*, 64> packets{};
  EXPECT_EQ(rte_eth_rx_burst(card.id(), 1, packets.data(), 64), 0);
  ASSERT_EQ(rte_eth_rx_burst(card.id(), 0, packets.data(), 64), 64);
  rte_pktmbuf_free_bulk(packets.data(), 64);
  for (std::uint8_t i = 0; i < 32; ++i) {
    const std::string source = "10.1.1." + std::to_string(i);
    ASSERT_TRUE(card.receive(frame_of(make_udp({.source = source}, Bytes(8)))));
  }
  const unsigned first = rte_eth_rx_burst(card.id(), 0, packets.data(), 64);
  const unsigned second = rte_eth_rx_burst(card.id(), 1, packets.data() + first, 64);
  EXPECT_GT(first, 0U);
  EXPECT_GT(second, 0U);
  rte_pktmbuf_free_bulk(packets.data(), first + second);
}

TEST(FakeEna, FillsChecksumsIn) {
  for (const bool partial : {false, true}) {
    FakeEna card({.partial_checksum = partial});
    start(card);
    const Bytes tcp = frame_of(make_tcp({}, Bytes(33, 9)));
    std::array<rte_mbuf*, 2> packets = {
        offloaded(without_checksums(udp_frame(), 6), RTE_MBUF_F_TX_UDP_CKSUM),
        offloaded(without_checksums(tcp, 16), RTE_MBUF_F_TX_TCP_CKSUM)};
    ASSERT_EQ(rte_eth_tx_prepare(card.id(), 1, packets.data(), 2), 2);
    ASSERT_EQ(rte_eth_tx_burst(card.id(), 1, packets.data(), 2), 2);
    const std::vector<Bytes> sent = card.sent(1);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_TRUE(same_bytes(udp_frame(), sent[0]));
    EXPECT_TRUE(same_bytes(tcp, sent[1]));
    EXPECT_EQ(card.complaints(), std::vector<std::string>{});
  }
}

TEST(FakeEna, ComplainsOfRequestsThatTheHardwareCannotServe) {
  const auto complaint = [](auto change, bool prepare = true) {
    FakeEna card;
    start(card);
    rte_mbuf* mbuf = offloaded(without_checksums(udp_frame(), 6), RTE_MBUF_F_TX_UDP_CKSUM);
    change(*mbuf);
    if (prepare) {
      EXPECT_EQ(rte_eth_tx_prepare(card.id(), 0, &mbuf, 1), 1);
    }
    EXPECT_EQ(rte_eth_tx_burst(card.id(), 0, &mbuf, 1), 1);
    return card.complaints().empty() ? "" : card.complaints().front();
  };
  const auto right = [](rte_mbuf&) {};
  EXPECT_EQ(complaint(right), "");
  EXPECT_NE(complaint(right, false).find("DF"), std::string::npos) << "not prepared";
  EXPECT_NE(complaint([](rte_mbuf& m) { m.l3_len = 24; }).find("l3_len"), std::string::npos);
  EXPECT_NE(complaint([](rte_mbuf& m) { m.ol_flags &= ~RTE_MBUF_F_TX_IPV4; }).find("TX_IPV4"),
            std::string::npos);
  EXPECT_NE(complaint([](rte_mbuf& m) {
              m.ol_flags = (m.ol_flags & ~RTE_MBUF_F_TX_L4_MASK) | RTE_MBUF_F_TX_TCP_CKSUM;
            }).find("TCP checksum for protocol 17"),
            std::string::npos);
  const auto received_type_and_no_df = [](rte_mbuf& m) {
    *rte_pktmbuf_mtod_offset(&m, std::uint8_t*, 14 + 6) = 0;
    m.packet_type = RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP;
  };
  EXPECT_NE(complaint(received_type_and_no_df).find("DF"), std::string::npos);
}

TEST(FakeEna, RefusesToPrepareTooManySegments) {
  FakeEna card;
  start(card);
  rte_mbuf* mbuf = make_mbuf(Bytes(1000), std::vector<std::size_t>(17, 50));
  mbuf->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
  EXPECT_EQ(rte_eth_tx_prepare(card.id(), 0, &mbuf, 1), 0);
  EXPECT_EQ(rte_errno, EINVAL);
  rte_pktmbuf_free(mbuf);
}

TEST(FakeEna, TellsEventsAndTheLink) {
  FakeEna card;
  start(card);
  std::vector<rte_eth_event_type> heard;
  const auto hear = [](std::uint16_t, rte_eth_event_type event, void* argument, void*) {
    static_cast<std::vector<rte_eth_event_type>*>(argument)->push_back(event);
    return 0;
  };
  for (const auto event : {RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RESET}) {
    ASSERT_EQ(rte_eth_dev_callback_register(card.id(), event, hear, &heard), 0);
  }
  rte_eth_link link{};
  EXPECT_EQ(rte_eth_link_get_nowait(card.id(), &link), 0);
  EXPECT_EQ(link.link_status, RTE_ETH_LINK_UP);
  card.set_link(false);
  EXPECT_EQ(rte_eth_link_get_nowait(card.id(), &link), 0);
  EXPECT_EQ(link.link_status, RTE_ETH_LINK_DOWN);
  card.raise(RTE_ETH_EVENT_INTR_RESET);
  card.raise(RTE_ETH_EVENT_RECOVERY_FAILED);
  EXPECT_EQ(heard, (std::vector{RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RESET}));
  EXPECT_FALSE(card.receive(udp_frame())) << "the link is down";
  for (const auto event : {RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RESET}) {
    ASSERT_EQ(rte_eth_dev_callback_unregister(card.id(), event, hear, &heard), 0);
  }
  card.raise(RTE_ETH_EVENT_INTR_RESET);
  EXPECT_EQ(heard.size(), 2U);
}

}  // namespace
}  // namespace natto::test
