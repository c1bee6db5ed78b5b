#include "doctor/eni.hpp"

#include <gtest/gtest.h>

#include <random>

namespace natto {
namespace {

constexpr std::string_view kInterfaces = R"({"NetworkInterfaces": [
  {"NetworkInterfaceId": "eni-0a1", "SourceDestCheck": true, "MacAddress": "02:00:00:00:00:01",
   "PrivateIpAddress": "10.33.1.124",
   "PrivateIpAddresses": [
     {"Primary": true, "PrivateIpAddress": "10.33.1.124"},
     {"Primary": false, "PrivateIpAddress": "10.33.1.145"}],
   "Ipv4Prefixes": [{"Ipv4Prefix": "10.33.1.16/28"}],
   "Groups": [{"GroupName": "natto", "GroupId": "sg-1"}, {"GroupName": "b", "GroupId": "sg-2"}]},
  {"NetworkInterfaceId": "eni-0a2"}]})";

/// A security group of one rule in each direction.
std::string group(std::string_view in, std::string_view out) {
  return R"({"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [)" + std::string(in) +
         R"(], "IpPermissionsEgress": [)" + std::string(out) + "]}]}";
}

constexpr std::string_view kAll =
    R"({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0"}]})";

SecurityGroup parsed(const std::string& json) {
  const auto groups = parse_security_groups(json);
  EXPECT_TRUE(groups.ok()) << json;
  EXPECT_EQ(groups->size(), 1U);
  return groups->at(0);
}

TEST(DoctorEni, WhatAwsPrints) {
  const auto enis = parse_network_interfaces(kInterfaces);
  ASSERT_TRUE(enis.ok()) << enis.error().message;
  ASSERT_EQ(enis->size(), 2U);
  const Eni& eni = enis->at(0);
  EXPECT_EQ(eni.id, "eni-0a1");
  EXPECT_EQ(eni.source_dest_check, true);
  EXPECT_EQ(eni.security_groups, (std::vector<std::string>{"sg-1", "sg-2"}));
  EXPECT_TRUE(eni.owns(Ipv4Address::of(10, 33, 1, 124)));
  EXPECT_TRUE(eni.owns(Ipv4Address::of(10, 33, 1, 145)));
  EXPECT_TRUE(eni.owns(Ipv4Address::of(10, 33, 1, 31))) << "of the prefix";
  EXPECT_FALSE(eni.owns(Ipv4Address::of(10, 33, 1, 32)));
  EXPECT_EQ(enis->at(1).source_dest_check, std::nullopt);
  EXPECT_FALSE(enis->at(1).owns(Ipv4Address::of(0, 0, 0, 0)));
}

TEST(DoctorEni, RulesForEverything) {
  const SecurityGroup open = parsed(group(kAll, kAll));
  EXPECT_TRUE(open.in.all_tcp && open.in.all_udp && open.out.all_tcp && open.out.all_udp);
  const SecurityGroup in_only = parsed(group(kAll, ""));
  EXPECT_TRUE(in_only.in.all_tcp && in_only.in.all_udp);
  EXPECT_FALSE(in_only.out.all_tcp || in_only.out.all_udp);
}

TEST(DoctorEni, RulesForOneProtocol) {
  const SecurityGroup tcp = parsed(group(
      R"({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})",
      kAll));
  EXPECT_TRUE(tcp.in.all_tcp);
  EXPECT_FALSE(tcp.in.all_udp);
  const SecurityGroup udp = parsed(group(
      kAll,
      R"({"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})"));
  EXPECT_TRUE(udp.out.all_udp);
  EXPECT_FALSE(udp.out.all_tcp);
}

TEST(DoctorEni, RulesForLess) {
  for (
      const char* rule :
      {R"({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})",
       R"({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})",
       R"({"IpProtocol": "132", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})",
       R"({"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})",
       R"({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})",
       R"({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]})",
       R"({"IpProtocol": "-1", "IpRanges": []})", R"({"IpProtocol": -1})", "3", "null", "[]"}) {
    const SecurityGroup narrow = parsed(group(rule, rule));
    EXPECT_FALSE(narrow.in.all_tcp || narrow.in.all_udp) << rule;
    EXPECT_FALSE(narrow.out.all_tcp || narrow.out.all_udp) << rule;
  }
}

TEST(DoctorEni, OtherJsonIsRefused) {
  for (const std::string& garbage :
       {std::string(), std::string("{"), std::string("3"), std::string("[]"), std::string("null"),
        std::string("{\"NetworkInterfaces\": 3, \"SecurityGroups\": {}}"), std::string("\xff\xfe"),
        std::string("\0\0", 2), std::string(100'000, '['),
        std::string(kInterfaces.substr(0, 99))}) {
    const auto enis = parse_network_interfaces(garbage);
    ASSERT_FALSE(enis.ok()) << garbage;
    EXPECT_EQ(enis.error().kind, ErrorKind::kInput);
    EXPECT_NE(enis.error().message.find("describe-network-interfaces"), std::string::npos);
    EXPECT_FALSE(parse_security_groups(garbage).ok()) << garbage;
  }
  EXPECT_FALSE(parse_security_groups(kInterfaces).ok()) << "the other file";
}

TEST(DoctorEni, EntriesOfWrongTypesAreLeftOut) {
  const auto enis = parse_network_interfaces(R"({"NetworkInterfaces": [
    3, null, {}, {"NetworkInterfaceId": 7}, {"NetworkInterfaceId": "eni \u001b[31m"},
    {"NetworkInterfaceId": "eni-1", "SourceDestCheck": "yes", "PrivateIpAddresses": [
       1, {"PrivateIpAddress": 5}, {"PrivateIpAddress": "fe80::1"}],
     "Ipv4Prefixes": {"Ipv4Prefix": "10.0.0.0/28"}, "Groups": [{"GroupId": "sg\n"}, 4]}]})");
  ASSERT_TRUE(enis.ok());
  ASSERT_EQ(enis->size(), 1U);
  EXPECT_TRUE(enis->at(0).owned.empty());
  EXPECT_EQ(enis->at(0).source_dest_check, std::nullopt);
  EXPECT_TRUE(enis->at(0).security_groups.empty());
}

TEST(DoctorEni, DamagedJsonIsReadOrRefused) {
  std::mt19937 random(1);
  const auto pick = [&random](std::size_t below) { return random() % below; };
  for (int round = 0; round < 20'000; ++round) {
    std::string json(kInterfaces);
    for (std::size_t damage = 0; damage <= pick(3); ++damage) {
      json[pick(json.size())] = static_cast<char>(pick(256));
    }
    const auto enis = parse_network_interfaces(json);
    EXPECT_TRUE(!enis.ok() || enis->size() <= 3);
  }
}

}  // namespace
}  // namespace natto
