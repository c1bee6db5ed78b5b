// Opening and resetting a port, on the fake ENA.

#include "ports/port.hpp"

#include <gtest/gtest.h>

#include "eal/fake_ena.hpp"
#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::FakeEna;
using test::FakeEnaCall;
using test::FakeEnaState;

Result<Port> open_port(const FakeEna& card, std::uint16_t queues = 4, std::uint16_t mtu = 9001) {
  return Port::open({.device = card.device() + ",llq_policy=1",
                     .queues = queues,
                     .mtu = mtu,
                     .pools = std::vector(queues, test::shared_pool())});
}

TEST(Port, SaysWhichDeviceIsWrong) {
  const auto unknown = Port::open({.device = "net_nonsense0"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kSystem);
  EXPECT_NE(unknown.error().message.find("net_nonsense0"), std::string::npos);

  const auto absent = Port::open({.device = "0000:7f:1f.7"});
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message.find("no PCI device 0000:7f:1f.7"), std::string::npos);
}

TEST(Port, OpensEnaAsPlanned) {
  FakeEna card;
  const auto port = open_port(card);
  ASSERT_TRUE(port.ok()) << port.error().message;
  const FakeEnaState state = card.state();
  EXPECT_TRUE(state.started);
  EXPECT_EQ(state.queues, 4);
  EXPECT_EQ(state.rx_queues_set_up, 4);
  EXPECT_EQ(state.tx_queues_set_up, 4);
  EXPECT_EQ(state.device_mtu, 9001) << "configuring alone does not tell the device";
  EXPECT_EQ(state.rx_offloads, port->plan().rx_offloads);
  EXPECT_EQ(state.tx_offloads, port->plan().tx_offloads);
  EXPECT_TRUE(port->plan().checksum_offload);
  EXPECT_EQ(state.rss_hf, RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP);
  EXPECT_TRUE(state.link_interrupt);
  EXPECT_EQ(port->mac(), card.mac());
  EXPECT_EQ(port->device(), card.device() + ",llq_policy=1");
  EXPECT_EQ(card.complaints(), std::vector<std::string>{});
}

TEST(Port, OpensEnaWithLargeLlqHeaders) {
  const FakeEna card({.max_tx_descriptors = 512});
  const auto port = open_port(card);
  ASSERT_TRUE(port.ok()) << port.error().message;
  EXPECT_EQ(card.state().tx_descriptors, 512);
  EXPECT_EQ(card.state().rx_descriptors, 1024);
}

TEST(Port, OpensDevicesWithoutAnMtuToSet) {
  FakeEna card;
  card.fail(FakeEnaCall::kSetMtu, -ENOTSUP);
  EXPECT_TRUE(open_port(card).ok());
}

TEST(Port, ClosesWhatItCannotBringUp) {
  for (const auto& [call, text] :
       {std::pair{FakeEnaCall::kConfigure, "cannot configure"},
        {FakeEnaCall::kSetMtu, "cannot set the MTU 9001 of"},
        {FakeEnaCall::kRxQueueSetup, "cannot set up receive queue 0 of"},
        {FakeEnaCall::kTxQueueSetup, "cannot set up transmit queue 0 of"},
        {FakeEnaCall::kStart, "cannot start"}}) {
    FakeEna card;
    card.fail(call, -EIO);
    const auto port = open_port(card);
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().message,
              std::string(text) + " " + card.device() + ",llq_policy=1: Input/output error");
    EXPECT_FALSE(rte_eth_dev_is_valid_port(card.id()));
  }
}

TEST(Port, KnowsTheLink) {
  FakeEna card;
  const Port port = open_port(card).value();
  EXPECT_TRUE(port.link().up);
  EXPECT_EQ(port.link().speed_mbps, 0U) << "ENA does not say";
  card.set_link(false);
  EXPECT_FALSE(port.link().up);
}

TEST(Port, AResetRestoresEverything) {
  FakeEna card;
  Port port = open_port(card).value();
  const FakeEnaState before = card.state();
  for (unsigned resets = 1; resets <= 3; ++resets) {
    ASSERT_TRUE(port.reset().ok());
    EXPECT_EQ(card.resets(), resets);
    EXPECT_EQ(card.state(), before);
  }
  const Bytes frame = test::frame_of(test::make_udp({}, Bytes(3000)));
  ASSERT_TRUE(card.receive_at(3, frame)) << "queues and MTU work again";
  rte_mbuf* packet = nullptr;
  ASSERT_EQ(rte_eth_rx_burst(card.id(), 3, &packet, 1), 1);
  ASSERT_EQ(rte_eth_tx_burst(card.id(), 3, &packet, 1), 1);
  EXPECT_EQ(card.sent(3), (std::vector<Bytes>{frame}));
}

TEST(Port, ADeviceThatDoesNotStopIsResetAllTheMore) {
  FakeEna card;
  Port port = open_port(card).value();
  const FakeEnaState before = card.state();
  card.fail(FakeEnaCall::kStop, -EIO);
  EXPECT_TRUE(port.reset().ok());
  EXPECT_EQ(card.state(), before);
}

TEST(Port, AFailedResetMayBeTriedAgain) {
  FakeEna card;
  Port port = open_port(card).value();
  const FakeEnaState before = card.state();
  for (const auto call : {FakeEnaCall::kReset, FakeEnaCall::kConfigure, FakeEnaCall::kSetMtu,
                          FakeEnaCall::kTxQueueSetup, FakeEnaCall::kStart}) {
    card.fail(call, -EIO);
    const Status status = port.reset();
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find(port.device()), std::string::npos);
    EXPECT_TRUE(port.reset().ok());
    EXPECT_EQ(card.state(), before);
  }
}

TEST(Port, NoticesAnotherMacAddressAfterAReset) {
  FakeEna card;
  Port port = open_port(card).value();
  card.set_mac({{2, 0, 0, 0, 0, 0x99}});
  const Status status = port.reset();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("02:00:00:00:00:99 instead of 02:00:00:0e:0a:01"),
            std::string::npos)
      << status.error().message;
}

}  // namespace
}  // namespace natto
