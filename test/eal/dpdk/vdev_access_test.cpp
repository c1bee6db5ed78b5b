#include "dpdk/vdev_access.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace natto {
namespace {

/// A machine with the interface eth0, all rights, and the drivers of af_packet, tap and pcap.
VdevSurroundings lab() {
  return {.libraries = {"", "/lib/x86_64-linux-gnu/librte_eal.so.23", "/x/librte_net_tap.so.23.0",
                        "/x/librte_net_af_packet.so.23", "librte_net_pcap.so.23",
                        "/x/librte_net_softnic.so.23"},
          .rights = {.capabilities = ~0ULL, .locks_any_memory = true},
          .has_interface = [](const std::string& name) { return name == "eth0"; }};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(VdevAccess, NothingKeepsADeviceThatCanBeOpened) {
  for (const char* device :
       {"net_af_packet0,iface=eth0", "net_af_packet1,qpairs=2,iface=eth0", "net_tap0,iface=natto0",
        "net_tap0", "net_pcap0,iface=eth0", "net_softnic0", "net_pcap0,rx_pcap=/dev/null"}) {
    EXPECT_EQ(vdev_obstacle(device, lab()), "") << device;
  }
}

TEST(VdevAccess, AMissingInterfaceIsNamed) {
  for (const char* device : {"net_af_packet0,iface=eth9", "net_pcap0,rx_iface=eth0,tx_iface=eth9",
                             "net_af_packet0,qpairs=1,iface=eth9,framesz=2048"}) {
    EXPECT_TRUE(has(vdev_obstacle(device, lab()), "there is no interface eth9: ")) << device;
  }
}

TEST(VdevAccess, AForgottenInterfaceIsAskedFor) {
  EXPECT_EQ(vdev_obstacle("net_af_packet0,ifcae=eth0", lab()),
            "net_af_packet needs iface=INTERFACE after its name");
}

TEST(VdevAccess, AnInterfaceThatIsThereCannotBeMade) {
  EXPECT_TRUE(has(vdev_obstacle("net_tap0,iface=eth0", lab()), "an interface eth0 already"));
}

TEST(VdevAccess, ATypingErrorInTheDriverIsCorrected) {
  EXPECT_EQ(vdev_obstacle("net_af_pakcet0,iface=eth0", lab()),
            "there is no driver net_af_pakcet: is it net_af_packet?");
  EXPECT_TRUE(has(vdev_obstacle("something-else", lab()),
                  "there is no driver something-else; there are net_af_packet, "));
}

TEST(VdevAccess, ADriverThatIsNotInstalledIsNamedByItsPackage) {
  EXPECT_EQ(vdev_obstacle("net_af_xdp0,iface=eth9", lab()),
            "DPDK's driver net_af_xdp is not installed: apt install librte-net-af-xdp23");
  EXPECT_EQ(vdev_obstacle("net_bonding0", lab()),
            "DPDK's driver net_bond is not installed: apt install librte-net-bond23");
  EXPECT_TRUE(has(missing_driver("net_e1000", lab().libraries), "install librte-net-e1000-23"));
  EXPECT_EQ(missing_driver("net_tap", lab().libraries), "");
}

TEST(VdevAccess, AMissingRightIsNamed) {
  VdevSurroundings around = lab();
  around.rights.capabilities = 0;
  EXPECT_TRUE(has(vdev_obstacle("net_af_packet0,iface=eth0", around), "CAP_NET_RAW is missing"));
  EXPECT_TRUE(has(vdev_obstacle("net_tap0", around), "CAP_NET_ADMIN is missing"));
  EXPECT_EQ(vdev_obstacle("net_pcap0,rx_pcap=/dev/null", around), "") << "a file needs none";
}

TEST(VdevAccess, ACaptureThatCannotBeReadIsNamed) {
  EXPECT_EQ(vdev_obstacle("net_pcap0,rx_pcap=/nowhere,tx_pcap=out.pcap", lab()),
            "cannot read /nowhere: No such file or directory");
}

TEST(VdevAccess, TheDriversOfThisProcessAreFound) {
  EXPECT_EQ(missing_driver("net_null", loaded_libraries()), "");
  const std::string missing = missing_driver("net_nonsense", loaded_libraries());
  EXPECT_TRUE(std::isdigit(missing.back()) != 0) << missing << ": ends with the ABI's number";
}

}  // namespace
}  // namespace natto
