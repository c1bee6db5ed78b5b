#include "doctor/running_ports.hpp"

#include <gtest/gtest.h>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using test::told;

class DoctorPorts : public testing::Test {
 protected:
  DoctorPorts() {
    port.realm = "a";
    port.state = "up";
  }

  void count(std::string name, std::uint64_t value, std::uint64_t last_minute) {
    port.counters.push_back({.name = std::move(name),
                             .value = value,
                             .last_minute = last_minute,
                             .meaning = "it was used up",
                             .advice = "take a larger one"});
  }
  std::vector<std::string> tell() {
    std::vector<std::string> findings;
    for (const Finding& finding : check_ports(std::vector{port})) {
      EXPECT_EQ(finding.subject, "a");
      findings.push_back(told(finding));
    }
    return findings;
  }

  api::PortReport port;
};

TEST_F(DoctorPorts, APortThatWorks) {
  count("conntrack_allowance_available", 70, 0);  // how many are left: no loss
  EXPECT_EQ(tell(), std::vector<std::string>{"ok up, never reset, and nothing lost at its device"});
}

TEST_F(DoctorPorts, WhatIsLostNowIsWrongAndWhatWasLostAWarning) {
  count("pps_allowance_exceeded", 520, 20);
  count("rx_missed_errors", 7, 0);
  EXPECT_EQ(tell(), (std::vector<std::string>{
                        "wrong pps_allowance_exceeded grew by 20 in the last minute, to 520: it "
                        "was used up -> take a larger one",
                        "warning rx_missed_errors is 7: it was used up -> take a larger one"}));
}

TEST_F(DoctorPorts, Resets) {
  port.resets = 1;
  port.reset_cause = "the driver asked for it";
  ASSERT_EQ(tell().size(), 1U);
  EXPECT_TRUE(tell()[0].starts_with("warning reset once, because the driver asked for it -> "));
  port.resets = 2;
  EXPECT_TRUE(tell()[0].starts_with("warning reset 2 times, the last time because the driver "));
}

TEST_F(DoctorPorts, APortThatDoesNotWork) {
  port.state = "dead";
  port.failed_resets = 5;
  ASSERT_EQ(tell().size(), 1U);
  EXPECT_TRUE(tell()[0].starts_with("wrong its device seems dead: 5 resets failed -> stop and "));
  port.state = "link down";
  EXPECT_TRUE(tell()[0].starts_with("wrong link down: no packets pass -> "));
}

TEST_F(DoctorPorts, ANattoThatDoesNotTell) {
  const auto tell_of = [](std::string message) {
    return told(check_ports(RunningPorts(system_error(std::move(message)))).at(0));
  };
  EXPECT_EQ(tell_of("it does not answer\n  look at its log"),
            "unseen it does not answer -> look at its log");
  EXPECT_EQ(tell_of("it has ended"), "unseen it has ended");
}

}  // namespace
}  // namespace natto
