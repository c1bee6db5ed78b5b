#include "doctor/pci_device.hpp"

#include <gtest/gtest.h>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using test::kCard;

PciDevice read_card(const test::FakeMachine& machine) {
  return read_pci_device(machine.tree(), std::string(kCard));
}

TEST(DoctorPciDevice, AddressesAsSysNamesThem) {
  EXPECT_EQ(pci_address("0000:00:06.0"), "0000:00:06.0");
  EXPECT_EQ(pci_address("00:06.0"), "0000:00:06.0");
  EXPECT_EQ(pci_address("0000:AF:1e.1,llq_policy=1"), "0000:af:1e.1");
  for (const char* other : {"", "net_af_packet0,iface=eth1", "net_pcap0,rx_pcap=00:06.0", "0:06.0",
                            "0000:00:06", "../../0000:00:06.0", "0000:00:06.0/..", ":::", "."}) {
    EXPECT_EQ(pci_address(other), std::nullopt) << other;
  }
}

TEST(DoctorPciDevice, EverythingOfACard) {
  const test::FakeMachine machine;
  const PciDevice card = read_card(machine);
  EXPECT_EQ(card.presence, PciDevice::Presence::kPresent);
  EXPECT_EQ(card.driver, "igb_uio");
  EXPECT_TRUE(card.is_ena());
  EXPECT_TRUE(card.is_for_dpdk());
  EXPECT_EQ(card.numa_node, 0);
  EXPECT_EQ(card.prefetchable_bars, std::vector<std::uint64_t>{0xfe900000});
  EXPECT_TRUE(card.has_wc_resource);
  EXPECT_EQ(card.msix_vectors, 9U);
}

TEST(DoctorPciDevice, GarbageIsUnseen) {
  const test::FakeMachine machine;
  const std::string garbage("\0\xff\n0x 0x\0zz 0x1", 16);
  for (const char* file : {"vendor", "numa_node", "resource", "config"}) {
    machine.write_card(file, garbage);
  }
  machine.remove(std::string("sys/bus/pci/devices/") + std::string(kCard) + "/driver");
  machine.write_card("driver", "no link");
  const PciDevice card = read_card(machine);
  EXPECT_EQ(card.presence, PciDevice::Presence::kPresent);
  EXPECT_EQ(card.driver, "");
  EXPECT_EQ(card.vendor, std::nullopt);
  EXPECT_EQ(card.numa_node, std::nullopt);
  EXPECT_TRUE(card.prefetchable_bars.empty());
  EXPECT_EQ(card.msix_vectors, std::nullopt);
}

TEST(DoctorPciDevice, ConfigurationSpacesThatLeadNowhere) {
  const test::FakeMachine machine;
  const auto vectors = [&machine](const std::string& config) {
    machine.write_card("config", config);
    return read_card(machine).msix_vectors;
  };
  std::string circle(256, '\0');
  circle[0x34] = 0x40;
  circle[0x41] = 0x40;
  EXPECT_EQ(vectors(circle), std::nullopt);
  std::string beyond(64, '\0');  // what others than root may read
  beyond[0x34] = 0x70;
  EXPECT_EQ(vectors(beyond), std::nullopt);
  std::string at_the_end(256, '\0');
  at_the_end[0x34] = '\xff';
  at_the_end[0xfc] = 0x11;
  at_the_end[0xfe] = '\xff';
  at_the_end[0xff] = '\xff';
  EXPECT_EQ(vectors(at_the_end), 2048U);
  EXPECT_EQ(vectors(std::string(256, '\xff')), std::nullopt);
  EXPECT_EQ(vectors(""), std::nullopt);
}

TEST(DoctorPciDevice, WithoutAConfigTheNetworkCardsBoundForDpdk) {
  const test::FakeMachine machine;
  machine.write("sys/bus/pci/devices/0000:00:07.0/class", "0x010802\n");  // a disk
  machine.link("sys/bus/pci/devices/0000:00:07.0/driver", "vfio-pci");
  machine.write("sys/bus/pci/devices/0000:00:05.0/class", "0x020000\n");
  machine.link("sys/bus/pci/devices/0000:00:05.0/driver", "ena");
  const auto devices = devices_for_dpdk(machine.tree());
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].address, kCard);
}

}  // namespace
}  // namespace natto
