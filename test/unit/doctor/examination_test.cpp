#include "doctor/examination.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using test::FakeMachine;
using test::kCard;
using test::one_arm_needs;
using test::two_arm_needs;

std::set<Check> checks_in(const Findings& findings) {
  std::set<Check> checks;
  for (const Finding& finding : findings) {
    checks.insert(finding.check);
  }
  return checks;
}

AwsFacts unknown() { return {.enis = {}, .why_no_enis = "no answer", .security_groups = {}}; }

TEST(DoctorExamination, AFitMachineHasNothingToDo) {
  const FakeMachine machine;
  const Needs needs = one_arm_needs();
  for (const Finding& finding : machine.examine(&needs)) {
    EXPECT_EQ(finding.health, Health::kOk) << name_of(finding.check) << test::told(finding);
    EXPECT_EQ(finding.advice, "");
  }
}

TEST(DoctorExamination, EveryCheckIsMade) {
  FakeMachine machine;
  machine.veth_peers["middle"] = {};
  machine.running_ports = std::vector<api::PortReport>(1);
  Needs needs = one_arm_needs();
  needs.appliance.config.ports[0].kernel_interface = "natto0";
  const AwsFacts aws = unknown();
  EXPECT_EQ(checks_in(machine.examine(&needs, &aws)).size(), kChecks.size());
}

TEST(DoctorExamination, WithoutAConfigTheMachineAlone) {
  const FakeMachine machine;
  EXPECT_EQ(checks_in(machine.examine(nullptr)),
            (std::set{Check::kHugepages, Check::kIommu, Check::kIova, Check::kDriver,
                      Check::kWriteCombining, Check::kIsolatedCores, Check::kNohzFull,
                      Check::kGovernor}));
  machine.bind_card("ena");
  EXPECT_TRUE(test::told(test::only(machine.examine(nullptr), Check::kDriver))
                  .starts_with("warning no network card is bound to a driver for DPDK"));
}

TEST(DoctorExamination, VdevsNeedNoNetworkCard) {
  const FakeMachine machine;
  Needs needs = one_arm_needs();
  needs.appliance.config.ports[0].device = "net_af_packet0,iface=eth1";
  const auto checks = checks_in(machine.examine(&needs));
  for (const Check check : {Check::kIommu, Check::kIova, Check::kDriver, Check::kNuma}) {
    EXPECT_FALSE(checks.contains(check)) << name_of(check);
  }
}

TEST(DoctorExamination, EachPortsCardIsLookedAt) {
  const FakeMachine machine;
  const Needs needs = two_arm_needs();
  Findings findings = machine.examine(&needs);
  std::erase_if(findings, [](const Finding& finding) { return finding.check != Check::kDriver; });
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].health, Health::kOk);
  EXPECT_EQ(findings[1].subject, "0000:00:07.0");
  EXPECT_EQ(findings[1].health, Health::kWrong);
  EXPECT_TRUE(has_wrong(findings));
}

TEST(DoctorExamination, NothingToSeeIsNothingWrong) {
  const FakeMachine machine;
  for (const char* folder : {"sys", "proc", "etc", "dev"}) {
    machine.remove(folder);
  }
  Needs needs = one_arm_needs();
  needs.appliance.config.ports[0].kernel_interface = "natto0";
  const AwsFacts aws = unknown();
  for (const Finding& finding : machine.examine(&needs, &aws)) {
    if (finding.check == Check::kPathMtu) {
      continue;  // natto.toml says it
    }
    EXPECT_EQ(finding.health, Health::kUnseen) << name_of(finding.check);
    EXPECT_NE(finding.advice, "") << name_of(finding.check);
  }
  EXPECT_FALSE(has_wrong(machine.examine(nullptr)));
}

TEST(DoctorExamination, GarbageInEveryFile) {
  const Needs needs = one_arm_needs();
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    const FakeMachine machine;
    for (const auto& file : machine.files()) {
      std::string garbage(random() % 600, '\0');
      std::ranges::generate(garbage, [&random] { return static_cast<char>(random()); });
      machine.write(file, garbage);
    }
    EXPECT_FALSE(findings_text(machine.examine(&needs)).empty());
    EXPECT_TRUE(nlohmann::json::accept(findings_json(machine.examine(&needs))));
    EXPECT_TRUE(nlohmann::json::accept(findings_json(machine.examine(nullptr))));
  }
}

TEST(DoctorExamination, Text) {
  const Findings findings = {
      {Check::kHugepages, Health::kOk, "", "enough", ""},
      {Check::kDriver, Health::kWrong, std::string(kCard), "the kernel's ena has it", "bind it"},
      {Check::kMtu, Health::kUnseen, "middle", "no idea", "look"}};
  EXPECT_EQ(findings_text(findings),
            "ok       hugepages                     enough\n"
            "wrong    driver 0000:00:06.0           the kernel's ena has it\n"
            "    -> bind it\n"
            "unseen   mtu middle                    no idea\n"
            "    -> look\n"
            "1 ok, 0 warning, 1 wrong, 1 unseen\n");
}

TEST(DoctorExamination, Json) {
  const Findings findings = {{Check::kDriver, Health::kWrong, std::string(kCard),
                              "b\xff"
                              "d",
                              "x"},
                             {Check::kGovernor, Health::kWarning, "", "w", "y"}};
  EXPECT_EQ(findings_json(findings),
            R"({"ok":0,"warning":1,"wrong":1,"unseen":0,"findings":[)"
            R"({"check":"driver","subject":"0000:00:06.0","health":"wrong","what":"b)"
            "\xef\xbf\xbd"
            R"(d","advice":"x"},)"
            R"({"check":"governor","subject":"","health":"warning","what":"w","advice":"y"}]})"
            "\n");
  EXPECT_TRUE(has_wrong(findings));
  EXPECT_FALSE(has_wrong({findings[1]}));
}

}  // namespace
}  // namespace natto
