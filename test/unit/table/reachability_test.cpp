#include "table/reachability.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>

#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::mapping;

/// company-a: 10.1.0.1/24, with a gateway. company-b: 10.2.0.1/24; with gateway_mac.
Config two_arm() {
  Config config = test::two_realms();
  config.ports[1].gateway_mac = MacAddress{{2, 0, 0, 0, 0, 1}};
  return config;
}

Config one_arm() {
  Config config = test::two_realms();
  config.ports.pop_back();
  return config;
}

/// The warnings of a table that is right, a line each.
std::string warnings(const std::string& table, const Config& config) {
  const test::Folder folder;
  const auto loaded = load_mappings(folder.write("m.toml", table), config);
  if (!loaded) {
    return "error: " + loaded.error().message;
  }
  std::string text;
  for (const std::string& line : loaded->warnings) {
    text += (text.empty() ? "" : "\n") + folder.without_path(line);
  }
  return text;
}

TEST(Reachability, AMappedAddressInTheSubnetThatItsSendersReachIsRight) {
  EXPECT_EQ(warnings(mapping("a", "company-a", "192.168.1.1", "10.2.0.9") +
                         mapping("b", "company-b", "192.168.1.1", "10.1.0.9"),
                     two_arm()),
            "");
  EXPECT_EQ(warnings(mapping("a", "company-a", "192.168.1.1", "10.1.0.9"), one_arm()), "");
}

TEST(Reachability, RoutedAndUnchangedAddressesAreRight) {
  const std::string routed = mapping("a", "company-a", "192.168.0.0/20", "172.20.0.0/20");
  const std::string unchanged = mapping("c", "company-a", "172.16.9.9", "172.16.9.9");
  EXPECT_EQ(warnings(routed + unchanged, two_arm()), "");
  EXPECT_EQ(warnings(routed + unchanged, one_arm()), "");
}

TEST(Reachability, AMappedAddressInTheSubnetOfItsOwnRealm) {
  EXPECT_EQ(
      warnings(mapping("a", "company-a", "192.168.1.1", "10.1.0.9"), two_arm()),
      "m.toml:5:10: warning: mapped: 10.1.0.9 is in 10.1.0.0/24, the subnet of the host's own "
      "realm \"company-a\"; hosts of other realms are to send to it, and what they reach of "
      "natto is 10.2.0.0/24");
  Config same_subnet = two_arm();
  same_subnet.ports[1].address = {Ipv4Address::of(10, 1, 0, 2), 24};
  EXPECT_EQ(warnings(mapping("a", "company-a", "192.168.1.1", "10.1.0.9"), same_subnet), "");
}

TEST(Reachability, AMappedAddressBesideTheRealOne) {
  EXPECT_EQ(
      warnings(mapping("a", "company-a", "10.32.1.157", "10.32.1.200"), one_arm()),
      "m.toml:5:10: warning: mapped: 10.32.1.200 is beside real 10.32.1.157, in the host's own "
      "network by its looks, and in no port's subnet: hosts that send to it need a route for "
      "it to natto");
  EXPECT_EQ(warnings(mapping("a", "company-a", "10.32.1.157", "10.32.2.200"), one_arm()), "");
  EXPECT_EQ(warnings(mapping("a", "company-a", "10.1.0.15", "10.1.0.200"), one_arm()), "");
}

TEST(Reachability, AMappedAddressThatAHostOfTheSendersHas) {
  const std::string b = mapping("b", "company-b", "10.34.0.0/20", "10.50.0.0/20");
  const std::string a = mapping("a", "company-a", "10.32.1.1", "10.34.3.7");
  EXPECT_EQ(warnings(b + a, two_arm()),
            "m.toml:10:10: warning: mapped: 10.34.3.7 overlaps 10.34.0.0/20, the real address of "
            "\"b\" (m.toml:1): hosts of realm \"company-b\" that send to it reach that one");
  const std::string own = mapping("own", "company-a", "10.34.3.7", "172.16.0.1");
  EXPECT_EQ(warnings(own + a, two_arm()), "") << "nobody there sends to it";
  EXPECT_EQ(warnings(a + own, one_arm()),
            "m.toml:5:10: warning: mapped: 10.34.3.7 is also the real address of \"own\" "
            "(m.toml:6): hosts of realm \"company-a\" that send to it reach that one");
}

TEST(Reachability, FindsTheRealAddressAmongMany) {
  std::string table;
  for (int i = 0; i < 20; ++i) {
    table += mapping(fmt::format("b{}", i), "company-b", fmt::format("10.40.{}.0/25", i),
                     fmt::format("172.20.{}.0/25", i));
  }
  EXPECT_NE(warnings(table + mapping("a", "company-a", "10.32.1.1", "10.40.7.127"), two_arm())
                .find("the real address of \"b7\""),
            std::string::npos);
  EXPECT_EQ(warnings(table + mapping("a", "company-a", "10.32.1.1", "10.40.7.128"), two_arm()), "");
}

TEST(Reachability, ARealAddressToWhichNattoHasNoWay) {
  const Config config = test::two_realms();  // company-b has no gateway
  EXPECT_EQ(warnings(mapping("b", "company-b", "10.2.0.77", "10.1.0.9"), config), "");
  EXPECT_EQ(warnings(mapping("b", "company-b", "10.2.1.77", "10.1.0.9"), config),
            "m.toml:4:10: warning: real: natto cannot reach 10.2.1.77: the port of realm "
            "\"company-b\" has the subnet 10.2.0.0/24, and no gateway");
  EXPECT_NE(warnings(mapping("b", "company-b", "10.2.0.0/23", "172.16.0.0/23"), config), "");
}

}  // namespace
}  // namespace natto
