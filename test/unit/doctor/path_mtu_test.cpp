#include "doctor/path_mtu.hpp"

#include <gtest/gtest.h>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using test::FakeMachine;
using test::only;
using test::told;

class DoctorPathMtu : public testing::Test {
 protected:
  std::string tell() { return told(only(machine.examine(&needs), Check::kPathMtu)); }
  PortConfig& port(std::size_t i) { return needs.appliance.config.ports[i]; }

  FakeMachine machine;
  Needs needs = test::two_arm_needs();
};

TEST_F(DoctorPathMtu, TheSmallestAndWhatBecomesOfLargerPackets) {
  port(0).mtu = port(1).mtu = 1500;
  EXPECT_EQ(tell(),
            "ok 1500 bytes: larger packets leave in fragments, or with don't fragment are dropped "
            "and their senders told");
  port(0).mtu = 9001;
  EXPECT_EQ(tell(),
            "warning 1500 bytes, towards b: larger packets leave in fragments, or with don't "
            "fragment are dropped and their senders told -> set tcp_mss_clamp = \"auto\" on the "
            "port of b: TCP then sends none of them");
  needs.appliance.config.icmp.errors_per_second = 0;
  EXPECT_NE(tell().find("are dropped unsaid, as errors_per_second is 0"), std::string::npos);
}

TEST_F(DoctorPathMtu, EitherPortMayHoldTcp) {
  port(0).mtu = 1400;
  port(1).mtu = 1500;
  for (const std::size_t clamping : {std::size_t{0}, std::size_t{1}}) {
    port(clamping).tcp_mss_clamp = 1300;
    EXPECT_TRUE(tell().starts_with("ok 1400 bytes, towards a: ")) << tell();
    EXPECT_TRUE(tell().ends_with("; TCP is held to it")) << tell();
    port(clamping).tcp_mss_clamp.reset();
  }
  needs.appliance.config.ports.push_back(port(1));
  port(2).realm = "c";
  port(1).tcp_mss_clamp = 1300;
  EXPECT_TRUE(tell().starts_with("warning 1400 bytes, towards a: ")) << "a and c do not hold it";
  port(0).tcp_mss_clamp = 1300;
  EXPECT_TRUE(tell().starts_with("ok")) << tell();
}

TEST_F(DoctorPathMtu, WhatAwsCarriesLess) {
  port(0).mtu = port(1).mtu = 9001;
  EXPECT_TRUE(
      tell().ends_with("; AWS carries 8500 between regions and through a Transit Gateway, "
                       "1500 through internet and VPN gateways, and drops what is larger"))
      << tell();
  port(1).mtu = 8500;
  EXPECT_NE(tell().find("; AWS carries 1500 through internet"), std::string::npos) << tell();
  port(0).mtu = port(1).mtu = 1500;
  EXPECT_EQ(tell().find("AWS"), std::string::npos);
  port(0).mtu = port(1).mtu = 9001;
  machine.remove("sys/class/dmi");
  EXPECT_EQ(tell().find("AWS"), std::string::npos);
}

}  // namespace
}  // namespace natto
