#include "doctor/eni_checks.hpp"

#include <gtest/gtest.h>

#include "doctor/fake_machine.hpp"

namespace natto {
namespace {

using test::one_arm_needs;
using test::only;
using test::told;
using test::two_arm_needs;

Eni eni(std::string id, const std::vector<std::string_view>& owned) {
  Eni made{.id = std::move(id), .source_dest_check = true, .security_groups = {"sg-1"}};
  for (const std::string_view text : owned) {
    made.owned.push_back(*parse_ipv4_prefix(text));
  }
  return made;
}

constexpr SecurityGroup::Direction kAll{.all_tcp = true, .all_udp = true};

/// The ENI that one_arm_needs() wants.
AwsFacts fit() {
  return {.enis = {{eni("eni-1", {"10.33.1.124", "10.33.1.145", "10.33.1.151"}),
                    eni("eni-other", {"10.33.1.130"})}},
          .why_no_enis = "",
          .security_groups = {{{"sg-1", kAll, kAll}}}};
}

std::string tell(const AwsFacts& aws, Check check, const Needs& needs = one_arm_needs()) {
  return told(only(check_enis(aws, needs), check));
}

TEST(DoctorEniChecks, EverythingFits) {
  const Findings findings = check_enis(fit(), one_arm_needs());
  ASSERT_EQ(findings.size(), 3U) << "the other ENI is nobody's concern";
  EXPECT_EQ(told(findings[0]), "ok the ENIs own those of all 2 mappings");
  EXPECT_EQ(findings[1].subject, "eni-1");
  EXPECT_EQ(told(findings[1]), "ok on; the ENI owns every address it receives and sends with");
  EXPECT_EQ(told(findings[2]), "ok TCP and UDP are not tracked; ICMP always is");
}

TEST(DoctorEniChecks, NothingIsKnown) {
  const AwsFacts nothing{.enis = {}, .why_no_enis = "no answer", .security_groups = {}};
  const Findings findings = check_enis(nothing, one_arm_needs());
  ASSERT_EQ(findings.size(), 3U);
  for (const Finding& finding : findings) {
    EXPECT_TRUE(told(finding).starts_with("unseen no answer -> aws ec2 describe-network-"))
        << told(finding);
  }
}

TEST(DoctorEniChecks, ThePortsOwnAddressIsNobodys) {
  AwsFacts aws = fit();
  aws.enis = {{eni("eni-1", {"10.33.1.125"})}};
  EXPECT_TRUE(tell(aws, Check::kMappedAddresses)
                  .starts_with("wrong no ENI owns the port's own address 10.33.1.124"));
  aws.enis = std::vector<Eni>();
  EXPECT_TRUE(tell(aws, Check::kMappedAddresses).starts_with("wrong no ENI owns"));
}

TEST(DoctorEniChecks, AMappedAddressIsNotTheEnis) {
  AwsFacts aws = fit();
  aws.enis = {{eni("eni-1", {"10.33.1.124", "10.33.1.145"}), eni("eni-other", {"10.33.1.151"})}};
  EXPECT_TRUE(
      tell(aws, Check::kMappedAddresses)
          .starts_with("wrong the ENIs do not own 10.33.1.151 (b) -> aws ec2 assign-private"));
  EXPECT_EQ(tell(aws, Check::kSourceDestCheck),
            "wrong on, which drops packets to the mapped addresses it does not own -> aws ec2 "
            "modify-network-interface-attribute --network-interface-id eni-1 "
            "--no-source-dest-check");
  aws.enis->at(0).source_dest_check = false;
  EXPECT_EQ(tell(aws, Check::kMappedAddresses),
            "warning the ENIs do not own 10.33.1.151 (b) -> see that a route table sends them to "
            "the ENI");
  EXPECT_EQ(tell(aws, Check::kSourceDestCheck), "ok off");
}

TEST(DoctorEniChecks, AddressesMayBeRoutedWhereTheCheckIsNotTold) {
  AwsFacts aws = fit();
  aws.enis = {{eni("eni-1", {"10.33.1.124", "10.33.1.145"})}};
  aws.enis->at(0).source_dest_check = std::nullopt;  // as instance metadata has it
  EXPECT_EQ(tell(aws, Check::kMappedAddresses),
            "warning the ENIs do not own 10.33.1.151 (b) -> see that a route table sends them to "
            "the ENI, and that its source/destination check is off");
}

TEST(DoctorEniChecks, ManyMissingAreCounted) {
  Needs needs = one_arm_needs();
  for (std::uint8_t i = 0; i < 8; ++i) {
    Mapping mapping = needs.appliance.table.mappings[0];
    mapping.mapped.address = Ipv4Address::of(10, 33, 2, i);
    needs.appliance.table.mappings.push_back(mapping);
  }
  EXPECT_NE(tell(fit(), Check::kMappedAddresses, needs).find("10.33.2.4 (a) and 3 more"),
            std::string::npos);
}

TEST(DoctorEniChecks, MappedPrefixesOfDelegatedOnes) {
  Needs needs = one_arm_needs();
  needs.appliance.table.mappings[0].mapped = *parse_ipv4_prefix("10.33.1.0/26");
  needs.appliance.table.mappings.pop_back();
  AwsFacts aws = fit();
  const auto tell_with = [&](const std::vector<std::string_view>& owned) {
    aws.enis->at(0) = eni("eni-1", owned);
    return tell(aws, Check::kMappedAddresses, needs);
  };
  EXPECT_TRUE(
      tell_with({"10.33.1.124", "10.33.1.48/28", "10.33.1.0/28", "10.33.1.32/28", "10.33.1.16/28"})
          .starts_with("ok"));
  EXPECT_TRUE(tell_with({"10.33.1.124", "10.33.1.0/24"}).starts_with("ok"));
  EXPECT_TRUE(tell_with({"10.33.1.124", "10.33.1.0/28", "10.33.1.32/28", "10.33.1.48/28"})
                  .starts_with("wrong"))
      << "a hole";
  EXPECT_TRUE(tell_with({"10.33.1.124", "10.33.1.0/27", "10.33.1.32/28"}).starts_with("wrong"))
      << "the end";
  EXPECT_TRUE(tell_with({"10.33.1.124", "10.33.1.16/28", "10.33.1.32/27"}).starts_with("wrong"))
      << "the beginning";
  needs.appliance.table.mappings[0].mapped = *parse_ipv4_prefix("255.255.255.240/28");
  EXPECT_TRUE(tell_with({"10.33.1.124", "255.255.255.240/28"}).starts_with("ok"));
}

TEST(DoctorEniChecks, WithTwoPortsTheOtherPortsEniReceives) {
  const Needs needs = two_arm_needs();
  AwsFacts aws = fit();
  aws.enis = {{eni("eni-a", {"10.1.0.4", "10.1.0.7"}), eni("eni-b", {"10.2.0.4", "10.2.0.16/28"})}};
  EXPECT_EQ(tell(aws, Check::kMappedAddresses, needs), "ok the ENIs own those of all 2 mappings");
  aws.enis = {{eni("eni-a", {"10.1.0.4", "10.2.0.16/28"}), eni("eni-b", {"10.2.0.4", "10.1.0.7"})}};
  EXPECT_TRUE(tell(aws, Check::kMappedAddresses, needs)
                  .starts_with("wrong the ENIs do not own 10.2.0.16/28 (a), 10.1.0.7 (b)"));
}

TEST(DoctorEniChecks, SourceDestCheckPerEni) {
  const Needs needs = two_arm_needs();
  AwsFacts aws = fit();
  aws.enis = {{eni("eni-a", {"10.1.0.4"}), eni("eni-b", {"10.2.0.4", "10.2.0.16/28"})}};
  const Findings findings = check_enis(aws, needs);
  ASSERT_EQ(findings.size(), 5U);
  EXPECT_EQ(findings[1].subject, "eni-a");
  EXPECT_EQ(findings[1].health, Health::kWrong) << "10.1.0.7 comes in here";
  EXPECT_EQ(findings[3].subject, "eni-b");
  EXPECT_EQ(findings[3].health, Health::kOk);
}

TEST(DoctorEniChecks, SourcesThatAreNotMappedLeaveUnchecked) {
  Needs needs = one_arm_needs();
  needs.appliance.config.ports[0].source_not_mapped = SourceNotMapped::kPass;
  EXPECT_TRUE(tell(fit(), Check::kSourceDestCheck, needs)
                  .starts_with("wrong on, which drops what source_not_mapped = \"pass\""));
  needs = two_arm_needs();
  needs.appliance.config.ports[0].source_not_mapped = SourceNotMapped::kPass;
  AwsFacts aws = fit();
  aws.enis = {{eni("eni-a", {"10.1.0.4", "10.1.0.7"}), eni("eni-b", {"10.2.0.4", "10.2.0.16/28"})}};
  const Findings findings = check_enis(aws, needs);
  EXPECT_EQ(findings[1].health, Health::kOk) << "what comes from a does not leave to a";
  EXPECT_EQ(findings[3].health, Health::kWrong);
}

TEST(DoctorEniChecks, SourceDestCheckUnseen) {
  AwsFacts aws = fit();
  aws.enis->at(0).source_dest_check = std::nullopt;
  EXPECT_TRUE(tell(aws, Check::kSourceDestCheck).starts_with("unseen unknown"));
}

TEST(DoctorEniChecks, Tracking) {
  const auto tell_with = [](SecurityGroup::Direction in, SecurityGroup::Direction out) {
    AwsFacts aws = fit();
    aws.security_groups = {{{"sg-1", in, out}}};
    return tell(aws, Check::kConnectionTracking);
  };
  const SecurityGroup::Direction tcp{.all_tcp = true};
  EXPECT_EQ(tell_with(kAll, kAll), "ok TCP and UDP are not tracked; ICMP always is");
  EXPECT_EQ(tell_with({}, kAll),
            "warning TCP and UDP tracked: not all of it may come in -> allow 0.0.0.0/0 in and out, "
            "and restrict with network ACLs");
  EXPECT_TRUE(tell_with(kAll, tcp).starts_with("warning UDP tracked: not all of it may go out"));
  EXPECT_TRUE(tell_with(kAll, {}).starts_with("warning TCP and UDP tracked"));
}

TEST(DoctorEniChecks, TheRulesOfAllGroupsCount) {
  AwsFacts aws = fit();
  aws.enis->at(0).security_groups = {"sg-1", "sg-2"};
  aws.security_groups = {{{"sg-1", kAll, {}}, {"sg-2", {}, kAll}}};
  EXPECT_TRUE(tell(aws, Check::kConnectionTracking).starts_with("ok"));
  aws.security_groups->pop_back();
  EXPECT_TRUE(tell(aws, Check::kConnectionTracking)
                  .starts_with("unseen sg-2 is not among the security groups"));
}

TEST(DoctorEniChecks, TrackingUnseen) {
  AwsFacts aws = fit();
  aws.security_groups = std::nullopt;
  EXPECT_TRUE(
      tell(aws, Check::kConnectionTracking).starts_with("unseen the rules of its security groups"));
  aws.enis->at(0).security_groups.clear();
  EXPECT_TRUE(
      tell(aws, Check::kConnectionTracking).starts_with("unseen its security groups are unknown"));
}

}  // namespace
}  // namespace natto
