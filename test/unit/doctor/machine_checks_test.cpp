#include "doctor/machine_checks.hpp"

#include <gtest/gtest.h>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using test::FakeMachine;
using test::one_arm_needs;
using test::only;
using test::told;

class DoctorMachine : public testing::Test {
 protected:
  std::string tell(Check check) { return told(only(machine.examine(&needs), check)); }
  std::string tell_without_config(Check check) {
    return told(only(machine.examine(nullptr), check));
  }

  FakeMachine machine;
  Needs needs = one_arm_needs();
};

void write_hugepages(const FakeMachine& machine, std::string_view total, std::string_view free) {
  machine.write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", total);
  machine.write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", free);
}

TEST_F(DoctorMachine, HugepagesOfAllSizesAgainstTheNeed) {
  EXPECT_EQ(tell(Check::kHugepages),
            "ok 2048 of 2048 MiB are free, natto needs 600; there is room for about 1448002 "
            "mappings");
  write_hugepages(machine, "100", "100");
  EXPECT_EQ(tell(Check::kHugepages),
            "wrong 200 of 200 MiB are free, natto needs 600 -> natto-hugepages 600; or by hand: "
            "echo 301 > /proc/sys/vm/nr_hugepages, at boot vm.nr_hugepages in /etc/sysctl.d");
  machine.write("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1\n");
  machine.write("sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1\n");
  EXPECT_EQ(tell(Check::kHugepages),
            "ok 1224 of 1224 MiB are free, natto needs 600; there is room for about 624002 "
            "mappings");
}

TEST_F(DoctorMachine, HugepagesInUse) {
  write_hugepages(machine, "1024", "10");
  EXPECT_EQ(tell(Check::kHugepages),
            "warning 20 of 2048 MiB are free, natto needs 600 -> end the program that uses them, "
            "unless it is "
            "this appliance");
}

TEST_F(DoctorMachine, VdevsDoWithoutHugepages) {
  write_hugepages(machine, "0", "0");
  needs.appliance.config.ports[0].device = "net_af_packet0,iface=eth1";
  EXPECT_TRUE(tell(Check::kHugepages)
                  .starts_with("warning 0 of 0 MiB are free, natto needs 600, and will use normal "
                               "memory"));
}

TEST_F(DoctorMachine, HugepagesWithoutAConfig) {
  EXPECT_EQ(tell_without_config(Check::kHugepages), "ok 2048 of 2048 MiB are free");
  write_hugepages(machine, "0", "0");
  EXPECT_TRUE(tell_without_config(Check::kHugepages).starts_with("warning none are reserved"));
}

TEST_F(DoctorMachine, HugepagesUnseen) {
  machine.remove("sys/kernel/mm/hugepages");
  EXPECT_TRUE(tell(Check::kHugepages).starts_with("unseen /sys/kernel/mm/hugepages"));
}

TEST_F(DoctorMachine, HugepagesOnTheCardsNode) {
  machine.split_in_nodes();
  const std::string pages = "sys/devices/system/node/node0/hugepages";
  const auto on_node = [this] {
    const Findings findings = machine.examine(&needs);
    EXPECT_EQ(findings[1].subject, "node 0");
    EXPECT_NE(findings[2].check, Check::kHugepages) << "the card is on one node only";
    return told(findings[1]);
  };
  EXPECT_EQ(on_node(), "ok 1024 of 1024 MiB are free on the network card's node");
  machine.write(pages + "/hugepages-2048kB/free_hugepages", "10");
  EXPECT_EQ(on_node(),
            "warning 20 of 1024 MiB are free on the network card's node -> echo 301 > "
            "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages");
  machine.remove(pages);
  EXPECT_TRUE(on_node().starts_with("unseen /sys/devices/system/node/node0/hugepages cannot"));
}

TEST_F(DoctorMachine, LcoresOnline) {
  EXPECT_EQ(tell(Check::kLcores), "ok workers 1-3, main 0: online");
  machine.write("sys/devices/system/cpu/online", "1-2\n");
  EXPECT_EQ(tell(Check::kLcores),
            "wrong 0,3 not online; 1-2 are -> choose others in [dpdk] lcores and main_lcore");
}

TEST_F(DoctorMachine, LcoresThatShareACore) {
  for (const char* cpu : {"1", "3"}) {
    machine.write(
        std::string("sys/devices/system/cpu/cpu") + cpu + "/topology/thread_siblings_list",
        "1,3\n");
  }
  EXPECT_TRUE(tell(Check::kLcores).starts_with("warning 1,3 are threads of one core")) << "once";
  needs.appliance.config.dpdk.lcores = {2, 3};
  EXPECT_TRUE(tell(Check::kLcores).starts_with("ok"));
  needs.appliance.config.dpdk.main_lcore = 1;
  EXPECT_TRUE(tell(Check::kLcores).starts_with("warning 1,3 are threads of one core"));
}

TEST_F(DoctorMachine, LcoresUnseen) {
  machine.write("sys/devices/system/cpu/online", std::string("\0\xff", 2));
  EXPECT_TRUE(tell(Check::kLcores).starts_with("unseen /sys/devices/system/cpu/online"));
  needs.appliance.config.dpdk.eal = {"--lcores=1@5,2@6,3@7"};
  EXPECT_TRUE(tell(Check::kLcores).starts_with("unseen [dpdk] eal places the lcores"));
}

TEST_F(DoctorMachine, IsolatedCores) {
  EXPECT_EQ(tell(Check::kIsolatedCores), "ok every worker's core: 1-3");
  EXPECT_EQ(tell_without_config(Check::kIsolatedCores), "ok cores 1-3");
  machine.write("sys/devices/system/cpu/isolated", "2\n");
  EXPECT_EQ(
      tell(Check::kIsolatedCores),
      "warning 1,3 not isolated: other work may be scheduled there -> natto-isolate-cores 1-3, "
      "and reboot; or by hand: add isolcpus=1-3 to the kernel's command line");
  machine.write("sys/devices/system/cpu/isolated", "\n");
  EXPECT_EQ(tell_without_config(Check::kIsolatedCores),
            "warning no core -> natto-isolate-cores CORES, and reboot; or by hand: add "
            "isolcpus=CORES to the kernel's command line");
  machine.remove("sys/devices/system/cpu/isolated");
  EXPECT_TRUE(tell(Check::kIsolatedCores).starts_with("unseen"));
  EXPECT_TRUE(tell_without_config(Check::kIsolatedCores).starts_with("unseen"));
}

TEST_F(DoctorMachine, NohzFull) {
  EXPECT_EQ(tell(Check::kNohzFull), "ok every worker's core: 1-3");
  machine.write("sys/devices/system/cpu/nohz_full", "(null)\n");
  EXPECT_EQ(tell(Check::kNohzFull),
            "warning 1-3 interrupted by the timer tick -> natto-isolate-cores 1-3, and reboot; or "
            "by hand: add nohz_full=1-3 rcu_nocbs=1-3 to the kernel's command line");
  machine.remove("sys/devices/system/cpu/nohz_full");
  EXPECT_TRUE(tell(Check::kNohzFull).starts_with("unseen"));
}

TEST_F(DoctorMachine, CoreListsWhereEalPlacesTheLcores) {
  needs.appliance.config.dpdk.eal = {"--lcores", "1@5"};
  EXPECT_TRUE(tell(Check::kIsolatedCores).starts_with("unseen [dpdk] eal places the lcores"));
  EXPECT_TRUE(tell(Check::kNohzFull).starts_with("unseen [dpdk] eal places the lcores"));
}

TEST_F(DoctorMachine, KernelInterface) {
  for (const Finding& finding : machine.examine(&needs)) {
    EXPECT_NE(finding.check, Check::kKernelInterface) << "no port has one";
  }
  needs.appliance.config.ports[0].kernel_interface = "natto0";
  EXPECT_EQ(tell(Check::kKernelInterface),
            "ok /dev/net/tun is there; natto needs CAP_NET_ADMIN too");
  machine.remove("dev/net");
  EXPECT_EQ(tell(Check::kKernelInterface),
            "wrong there is no /dev/net/tun -> modprobe tun; at boot: a line tun in "
            "/etc/modules-load.d");
  machine.remove("dev");
  EXPECT_TRUE(tell(Check::kKernelInterface).starts_with("unseen /dev cannot be seen"));
}

TEST_F(DoctorMachine, OneKernelInterfaceIsEnoughToLook) {
  needs = test::two_arm_needs();
  needs.appliance.config.ports[1].kernel_interface = "natto1";
  EXPECT_TRUE(tell(Check::kKernelInterface).starts_with("ok"));
}

TEST_F(DoctorMachine, Governor) {
  EXPECT_EQ(tell(Check::kGovernor), "ok performance");
  machine.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  EXPECT_EQ(tell(Check::kGovernor), "ok performance") << "core 0 is no worker's";
  EXPECT_TRUE(tell_without_config(Check::kGovernor).starts_with("warning powersave on 0"));
  machine.write("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "schedutil\n");
  EXPECT_EQ(tell(Check::kGovernor),
            "warning schedutil on 2 -> cpupower frequency-set -g performance");
  for (const char* cpu : {"0", "1", "2", "3"}) {
    machine.remove(std::string("sys/devices/system/cpu/cpu") + cpu + "/cpufreq");
  }
  EXPECT_TRUE(tell(Check::kGovernor).starts_with("unseen"));
}

}  // namespace
}  // namespace natto
