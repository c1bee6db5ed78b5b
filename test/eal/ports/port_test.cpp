// Opening and resetting a port. What only a card does is in test/ena.

#include "ports/port.hpp"

#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "eal/lab.hpp"

namespace natto {
namespace {

TEST(Port, SaysWhichDeviceIsWrong) {
  const auto unknown = Port::open({.device = "net_nonsense0"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kSystem);
  EXPECT_NE(unknown.error().message.find("net_nonsense0"), std::string::npos);

  const auto absent = Port::open({.device = "0000:7f:1f.7"});
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message.find("no PCI device 0000:7f:1f.7"), std::string::npos);
}

TEST(Port, OpensDevicesWithoutAnMtuToSet) {
  const auto port =
      Port::open({.device = "net_ring_any_mtu", .mtu = 9000, .pools = {test::shared_pool()}});
  ASSERT_TRUE(port.ok()) << port.error().message;
  EXPECT_EQ(rte_eth_dev_set_mtu(port->id(), 9000), -ENOTSUP);
  EXPECT_EQ(port->plan().mtu, 9000);
}

TEST(Port, ClosesWhatItCannotBringUp) {
  rte_mempool* no_packets = rte_mempool_create("no_packets", 63, 64, 0, 0, nullptr, nullptr,
                                               nullptr, nullptr, SOCKET_ID_ANY, 0);
  ASSERT_NE(no_packets, nullptr);
  const auto port = Port::open({.device = "net_null_refused", .pools = {no_packets}});
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().message,
            "cannot set up receive queue 0 of net_null_refused: No space left on device");
  std::uint16_t id = 0;
  EXPECT_EQ(rte_eth_dev_get_port_by_name("net_null_refused", &id), -ENODEV);
  rte_mempool_free(no_packets);
}

TEST(Port, SaysWhichDeviceCannotBeReset) {
  Port port = Port::open({.device = "net_null_rigid", .pools = {test::shared_pool()}}).value();
  for (int i = 0; i < 2; ++i) {
    const Status status = port.reset();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().message, "cannot reset net_null_rigid: Operation not supported");
  }
}

}  // namespace
}  // namespace natto
