#include "dpdk/devargs.hpp"

#include <gtest/gtest.h>
#include <rte_version.h>

#include <fstream>

namespace natto {
namespace {

TEST(Devargs, KnowCardsFromVdevs) {
  EXPECT_TRUE(is_pci_device("0000:00:06.0"));
  EXPECT_TRUE(is_pci_device("00:06.0"));
  EXPECT_TRUE(is_pci_device("0000:00:06.0,llq_policy=1"));
  EXPECT_FALSE(is_pci_device("net_pcap0,rx_pcap=a.pcap"));
  EXPECT_FALSE(is_pci_device("net_af_packet0,iface=eth0"));
}

TEST(Devargs, NameDevicesAsEalDoes) {
  EXPECT_EQ(device_name("00:06.0,llq_policy=1"), "0000:00:06.0");
  EXPECT_EQ(device_name("0000:00:06.0"), "0000:00:06.0");
  EXPECT_EQ(device_name("net_null0,size=64"), "net_null0");
}

TEST(Devargs, ReadTheRunningVersion) {
  EXPECT_EQ(running_dpdk_version().year, unsigned{RTE_VER_YEAR});
  EXPECT_EQ(running_dpdk_version().month, unsigned{RTE_VER_MONTH});
}

TEST(Devargs, DependOnTheVersion) {
  const auto chosen = [](const char* version) {
    return with_ena_devargs("0000:00:06.0", DpdkVersion::parse(version));
  };
  EXPECT_EQ(chosen("nonsense"), "0000:00:06.0");
  EXPECT_EQ(chosen("DPDK 22.11.0"), "0000:00:06.0");
  EXPECT_EQ(chosen("DPDK 22.11.11"), "0000:00:06.0");
  EXPECT_EQ(chosen("DPDK 24.07.0"), "0000:00:06.0");
  EXPECT_EQ(chosen("DPDK 24.11.0"), "0000:00:06.0,llq_policy=1");
  EXPECT_EQ(chosen("DPDK 24.11.1"), "0000:00:06.0,llq_policy=1");
  EXPECT_EQ(chosen("DPDK 24.11.2"), "0000:00:06.0");
  EXPECT_EQ(chosen("DPDK 25.03.0"), "0000:00:06.0");
  EXPECT_EQ(chosen("DPDK 25.07.0"), "0000:00:06.0,enable_frag_bypass=1");
  EXPECT_EQ(chosen("DPDK 26.07.0"), "0000:00:06.0,enable_frag_bypass=1");
}

TEST(Devargs, TheUsersOwnWinAndAreNotRepeated) {
  constexpr DpdkVersion kBypass = {25, 7, 0};
  constexpr DpdkVersion kForgetsLlq = {24, 11, 0};
  EXPECT_EQ(with_ena_devargs("0000:00:06.0,enable_frag_bypass=0", kBypass),
            "0000:00:06.0,enable_frag_bypass=0");
  EXPECT_EQ(with_ena_devargs("0000:00:06.0,miss_txc_to=9,enable_frag_bypass=1", kBypass),
            "0000:00:06.0,miss_txc_to=9,enable_frag_bypass=1");
  EXPECT_EQ(with_ena_devargs("0000:00:06.0,llq_policy=3", kForgetsLlq),
            "0000:00:06.0,llq_policy=3");
  EXPECT_EQ(with_ena_devargs("0000:00:06.0,miss_txc_to=9", kForgetsLlq),
            "0000:00:06.0,miss_txc_to=9,llq_policy=1");
  EXPECT_EQ(with_ena_devargs("0000:00:06.0,my_llq_policy=3", kForgetsLlq),
            "0000:00:06.0,my_llq_policy=3,llq_policy=1");
}

class SysfsTest : public testing::Test {
 protected:
  SysfsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "natto-sysfs-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~SysfsTest() override { std::filesystem::remove_all(root_); }

  void plug(const std::string& address, const char* vendor, const char* device) const {
    const auto folder = root_ / "sys/bus/pci/devices" / address;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "vendor") << vendor << '\n';
    std::ofstream(folder / "device") << device << '\n';
  }

  std::filesystem::path root_;
};

TEST_F(SysfsTest, OnlyEnaIsEna) {
  plug("0000:00:06.0", "0x1d0f", "0xec20");
  plug("0000:00:07.0", "0x1d0f", "0xec21");
  plug("0000:00:08.0", "0x1d0f", "0x8061");  // a disk of Amazon's
  plug("0000:00:09.0", "0x8086", "0xec20");
  EXPECT_TRUE(is_ena("0000:00:06.0", root_));
  EXPECT_TRUE(is_ena("00:06.0,llq_policy=1", root_));
  EXPECT_TRUE(is_ena("0000:00:07.0", root_));
  EXPECT_FALSE(is_ena("0000:00:08.0", root_));
  EXPECT_FALSE(is_ena("0000:00:09.0", root_));
  EXPECT_FALSE(is_ena("0000:00:0a.0", root_)) << "nothing is there";
  EXPECT_FALSE(is_ena("net_null0", root_));
}

}  // namespace
}  // namespace natto
