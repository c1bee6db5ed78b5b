#include "doctor/device_checks.hpp"

#include <gtest/gtest.h>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using test::FakeMachine;
using test::kCard;
using test::one_arm_needs;
using test::only;
using test::told;

class DoctorDevice : public testing::Test {
 protected:
  std::string tell(Check check) { return told(only(machine.examine(&needs), check)); }
  void set_device(std::string_view arguments) {
    needs.appliance.config.ports[0].device = std::string(kCard) + std::string(arguments);
  }
  void turn_iommu_on() { machine.folder("sys/kernel/iommu_groups/0"); }

  FakeMachine machine;
  Needs needs = one_arm_needs();
};

TEST_F(DoctorDevice, IommuOrNone) {
  EXPECT_EQ(tell(Check::kIommu), "ok there is none, and vfio is in no-IOMMU mode");
  turn_iommu_on();
  EXPECT_TRUE(tell(Check::kIommu).starts_with("warning an IOMMU is on, and igb_uio"));
  machine.bind_card("vfio-pci");
  EXPECT_EQ(tell(Check::kIommu), "ok an IOMMU is on");
}

TEST_F(DoctorDevice, AGroupThatVfioMadeIsNoIommu) {
  machine.write("sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
  EXPECT_EQ(tell(Check::kIommu), "ok there is none, and vfio is in no-IOMMU mode");
}

TEST_F(DoctorDevice, NoIommuAndVfioKeepsToIt) {
  machine.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
  EXPECT_EQ(tell(Check::kIommu), "ok there is none, and igb_uio needs none");
  machine.bind_card("vfio-pci");
  EXPECT_EQ(tell(Check::kIommu),
            "wrong there is none, and vfio is not in no-IOMMU mode -> natto-bind MAC; or by hand: "
            "modprobe vfio-pci; echo 1 > "
            "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
  machine.bind_card("ena");
  machine.remove("sys/module/vfio");
  EXPECT_TRUE(tell(Check::kIommu).starts_with("warning there is none, and vfio is not loaded -> "));
}

TEST_F(DoctorDevice, OneCardOnVfioNeedsTheModeWhateverTheOthersNeed) {
  machine.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
  machine.folder("sys/bus/pci/devices/0000:00:07.0");
  machine.link("sys/bus/pci/devices/0000:00:07.0/driver", "vfio-pci");
  needs = test::two_arm_needs();
  EXPECT_TRUE(tell(Check::kIommu).starts_with("wrong there is none, and vfio is not in no-IOMMU"));
}

TEST_F(DoctorDevice, IommuUnseen) {
  machine.remove("sys/kernel/iommu_groups");
  EXPECT_TRUE(tell(Check::kIommu).starts_with("unseen /sys/kernel/iommu_groups"));
}

TEST_F(DoctorDevice, Iova) {
  machine.bind_card("vfio-pci");
  EXPECT_EQ(tell(Check::kIova),
            "ok physical addresses: natto needs CAP_SYS_ADMIN and CAP_SYS_RAWIO, as natto.service "
            "has, or root");
  needs.appliance.config.dpdk.eal = {"--iova-mode=va"};
  EXPECT_TRUE(tell(Check::kIova).starts_with("wrong [dpdk] eal asks for virtual addresses"));
  turn_iommu_on();
  EXPECT_EQ(tell(Check::kIova), "ok virtual addresses, by the IOMMU");
  needs.appliance.config.dpdk.eal = {"--iova-mode", "pa"};
  EXPECT_TRUE(tell(Check::kIova).starts_with("warning [dpdk] eal asks for physical addresses"));
  machine.remove("sys/kernel/iommu_groups");
  EXPECT_TRUE(tell(Check::kIova).starts_with("unseen"));
  machine.bind_card("igb_uio");
  EXPECT_EQ(tell(Check::kIova),
            "ok physical addresses: natto needs CAP_SYS_ADMIN and the uio files, or root");
}

TEST_F(DoctorDevice, Driver) {
  EXPECT_EQ(tell(Check::kDriver), "ok igb_uio");
  machine.bind_card("vfio-pci");
  EXPECT_EQ(tell(Check::kDriver), "ok vfio-pci");
  machine.bind_card("mlx5_core");
  EXPECT_EQ(tell(Check::kDriver), "ok mlx5_core, which DPDK works beside");
  machine.bind_card("uio_pci_generic");
  EXPECT_TRUE(tell(Check::kDriver).starts_with("warning uio_pci_generic"));
  machine.bind_card("ena");
  EXPECT_EQ(
      tell(Check::kDriver),
      "wrong the kernel's ena still has it -> natto-bind MAC, for every boot too; or by hand: "
      "dpdk-devbind.py --bind=vfio-pci 0000:00:06.0 (SSH needs another interface, or "
      "kernel_interface)");
  machine.remove("sys/bus/pci/devices/0000:00:06.0/driver");
  EXPECT_EQ(tell(Check::kDriver),
            "wrong no driver has it -> natto-bind MAC, for every boot too; or by hand: "
            "dpdk-devbind.py --bind=vfio-pci 0000:00:06.0");
  machine.remove("sys/bus/pci/devices/0000:00:06.0");
  EXPECT_TRUE(tell(Check::kDriver).starts_with("wrong the machine has no such PCI device"));
  machine.remove("sys/bus");
  EXPECT_TRUE(tell(Check::kDriver).starts_with("unseen /sys/bus/pci/devices is not there"));
}

TEST_F(DoctorDevice, WriteCombiningByIgbUio) {
  EXPECT_EQ(tell(Check::kWriteCombining), "ok igb_uio is loaded with wc_activate=1");
  machine.write("etc/modprobe.d/dpdk.conf", "options igb_uio intr_mode=msix wc_activate=0\n");
  EXPECT_TRUE(
      tell(Check::kWriteCombining).starts_with("wrong igb_uio is loaded with wc_activate=0"));
  machine.write("proc/cmdline", "quiet igb_uio.wc_activate=1\n");
  EXPECT_EQ(tell(Check::kWriteCombining), "ok igb_uio is loaded with wc_activate=1");
  machine.remove("proc/cmdline");
  machine.write("etc/modprobe.d/dpdk.conf",
                "#options igb_uio wc_activate=1\noptions other wc_activate=1\noptions\n");
  machine.write("etc/modprobe.d/old.conf.bak", "options igb_uio wc_activate=1\n");
  EXPECT_TRUE(tell(Check::kWriteCombining).starts_with("unseen igb_uio does not show how"));
}

TEST_F(DoctorDevice, WriteCombiningByVfio) {
  machine.bind_card("vfio-pci");
  EXPECT_TRUE(tell(Check::kWriteCombining).starts_with("warning the kernel's own vfio-pci maps"));
  machine.write("sys/module/vfio_pci/taint", "\n");
  EXPECT_TRUE(tell(Check::kWriteCombining).starts_with("warning the kernel's own vfio-pci maps"));
  machine.write("sys/module/vfio_pci_core/taint", "OE\n");
  EXPECT_TRUE(tell(Check::kWriteCombining).starts_with("unseen vfio-pci is not the kernel's own"));
}

TEST_F(DoctorDevice, WriteCombiningAsTheKernelShowsIt) {
  machine.bind_card("vfio-pci");
  const auto mapped = [this](std::string_view type) {
    machine.write("sys/kernel/debug/x86/pat_memtype_list",
                  "PAT memtype list:\n"
                  "PAT: [mem 0x00000000fe800000-0x00000000fe900000] uncached-minus\n"
                  "PAT: [mem 0x00000000fe900000-0x00000000fea00000] " +
                      std::string(type) + "\n");
    return tell(Check::kWriteCombining);
  };
  EXPECT_EQ(mapped("write-combining"), "ok the card's memory is mapped write-combining");
  EXPECT_TRUE(mapped("uncached-minus").starts_with("wrong the card's memory is mapped uncached-"));
}

TEST_F(DoctorDevice, WriteCombiningIsImpossible) {
  machine.remove("sys/bus/pci/devices/0000:00:06.0/resource1_wc");
  EXPECT_TRUE(tell(Check::kWriteCombining).starts_with("wrong this kernel cannot map"));
  machine.write_card("resource", "0x00000000febf8000 0x00000000febfbfff 0x0000000000040200\n");
  EXPECT_TRUE(tell(Check::kWriteCombining).starts_with("unseen the card shows no prefetchable"));
  machine.bind_card("ena");
  EXPECT_TRUE(tell(Check::kWriteCombining).starts_with("unseen no driver for DPDK has the card"));
}

TEST_F(DoctorDevice, OnlyEnaCardsHaveLlq) {
  machine.write_card("vendor", "0x8086\n");
  for (const Finding& finding : machine.examine(&needs)) {
    EXPECT_NE(finding.check, Check::kWriteCombining);
    EXPECT_NE(finding.check, Check::kLlq);
  }
}

TEST_F(DoctorDevice, Llq) {
  EXPECT_EQ(tell(Check::kLlq), "ok DPDK 22.11.11 leaves it on");
  set_device(",large_llq_hdr=1,enable_llq=1");
  EXPECT_EQ(tell(Check::kLlq), "ok DPDK 22.11.11 leaves it on");
  set_device(",enable_llq=0");
  EXPECT_EQ(
      tell(Check::kLlq),
      "wrong device turns it off, and ENA is slow without it -> take enable_llq=0 out of device");
  set_device(",enable_llq=1,llq_policy=1");
  EXPECT_TRUE(tell(Check::kLlq).starts_with("wrong DPDK 22.11.11 does not know llq_policy"));
}

TEST_F(DoctorDevice, LlqOfLaterDpdks) {
  needs.dpdk = {24, 11, 0};
  EXPECT_EQ(tell(Check::kLlq),
            "ok natto adds llq_policy=1, without which DPDK 24.11.0 leaves it off");
  needs.dpdk = {24, 11, 1};
  EXPECT_EQ(tell(Check::kLlq),
            "ok natto adds llq_policy=1, without which DPDK 24.11.1 leaves it off");
  set_device(",llq_policy=1");
  EXPECT_EQ(tell(Check::kLlq), "ok DPDK 24.11.1 leaves it on");
  set_device(",llq_policy=0");
  EXPECT_EQ(
      tell(Check::kLlq),
      "wrong device turns it off, and ENA is slow without it -> take llq_policy=0 out of device");
  set_device("");
  needs.dpdk = {24, 11, 2};
  EXPECT_EQ(tell(Check::kLlq), "ok DPDK 24.11.2 leaves it on");
  needs.dpdk = {25, 3, 0};
  EXPECT_EQ(tell(Check::kLlq), "ok DPDK 25.03.0 leaves it on");
  set_device(",enable_llq=1");
  EXPECT_TRUE(tell(Check::kLlq).starts_with("wrong DPDK 25.03.0 does not know enable_llq"));
  set_device(",llq_policy=0");
  EXPECT_TRUE(tell(Check::kLlq).starts_with("wrong device turns it off"));
}

TEST_F(DoctorDevice, LlqUnseen) {
  machine.remove("sys/bus/pci/devices/0000:00:06.0/vendor");
  EXPECT_TRUE(tell(Check::kLlq).starts_with("unseen the card's vendor cannot be read"));
}

TEST_F(DoctorDevice, Numa) {
  EXPECT_EQ(tell(Check::kNuma), "ok the machine has one node");
  machine.split_in_nodes();
  EXPECT_EQ(tell(Check::kNuma),
            "warning the card is on node 0, lcores 2-3 are not -> choose lcores of the card's node "
            "(lscpu)");
  needs.appliance.config.dpdk.lcores = {1};
  EXPECT_EQ(tell(Check::kNuma), "ok card and workers are on node 0");
  machine.write_card("numa_node", "-1\n");
  EXPECT_TRUE(tell(Check::kNuma).starts_with("unseen"));
  machine.remove("sys/devices/system/node");
  EXPECT_TRUE(tell(Check::kNuma).starts_with("unseen"));
}

TEST_F(DoctorDevice, Queues) {
  EXPECT_EQ(tell(Check::kQueues), "ok the card has at most 8, natto needs 3");
  needs.appliance.config.dpdk.lcores = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(tell(Check::kQueues),
            "wrong the card has at most 8, natto needs 9 -> name at most 8 cores in [dpdk] lcores");
  machine.write_card("config", std::string(64, '\0'));
  EXPECT_EQ(tell(Check::kQueues),
            "unseen natto needs 9, one for each worker -> run natto doctor as root to see how many "
            "the card has");
  machine.write_card("vendor", "0x8086\n");
  EXPECT_TRUE(tell(Check::kQueues).starts_with("unseen"));
}

TEST_F(DoctorDevice, MtuInAVpc) {
  PortConfig& port = needs.appliance.config.ports[0];
  EXPECT_EQ(tell(Check::kMtu), "ok mtu = 9001, a VPC carries 9001");
  port.mtu = 8500;
  EXPECT_EQ(tell(Check::kMtu), "ok mtu = 8500, a VPC carries 9001");
  port.mtu = 1500;
  EXPECT_TRUE(
      tell(Check::kMtu).starts_with("warning mtu = 1500, a VPC carries 9001 -> set mtu = 9001"));
  port.mtu = 9216;
  EXPECT_EQ(tell(Check::kMtu),
            "wrong mtu = 9216, a VPC carries 9001 -> set mtu = 9001: what is larger is lost");
  machine.remove("sys/class/dmi");
  EXPECT_TRUE(tell(Check::kMtu).starts_with("unseen mtu = 9216"));
}

TEST_F(DoctorDevice, MtuOfTheInterfaceOfAVdev) {
  PortConfig& port = needs.appliance.config.ports[0];
  port.device = "net_af_packet0,iface=eth1,blocksz=4096";
  port.mtu = 1500;
  machine.write("sys/class/net/eth1/mtu", "1500\n");
  EXPECT_EQ(tell(Check::kMtu), "ok mtu = 1500, eth1 carries 1500");
  machine.write("sys/class/net/eth1/mtu", "1400\n");
  EXPECT_TRUE(tell(Check::kMtu).starts_with("wrong mtu = 1500, eth1 carries 1400"));
  machine.write("sys/class/net/eth1/mtu", "9000\n");
  EXPECT_TRUE(tell(Check::kMtu).starts_with("warning mtu = 1500, eth1 carries 9000"));
  machine.remove("sys/class/net/eth1");
  EXPECT_TRUE(tell(Check::kMtu).starts_with("unseen"));
  machine.write("sys/class/net/eth1/mtu", "1500\n");
  port.device = "net_af_packet0,iface=../net/eth1";
  EXPECT_TRUE(tell(Check::kMtu).starts_with("unseen"));
  port.device = "net_pcap0,rx_pcap=a.pcap";
  EXPECT_TRUE(tell(Check::kMtu).starts_with("unseen"));
}

TEST_F(DoctorDevice, ChecksumsOfAVethsOtherEnd) {
  machine.veth_peers["middle"] = {.name = "to-natto", .leaves_checksums = true};
  EXPECT_EQ(tell(Check::kChecksums),
            "wrong to-natto leaves TCP and UDP checksums half made -> ethtool -K to-natto tx off: "
            "receivers discard those packets");
  machine.veth_peers["middle"].leaves_checksums = false;
  EXPECT_EQ(tell(Check::kChecksums), "ok to-natto makes whole checksums");
  machine.veth_peers["middle"] = {};
  EXPECT_TRUE(tell(Check::kChecksums).starts_with("unseen the veth's other end"));
}

}  // namespace
}  // namespace natto
