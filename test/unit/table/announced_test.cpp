#include "table/announced.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

Mapping mapping(RealmId realm, const char* real, const char* mapped) {
  return {.name = real,
          .realm = realm,
          .real = parse_ipv4_prefix(real).value(),
          .mapped = parse_ipv4_prefix(mapped).value()};
}

std::vector<std::string> announced(const Config& config, RealmId realm) {
  const MappingTable table{{mapping(0, "10.1.1.10", "172.31.1.10"),
                            mapping(1, "192.168.7.0/24", "172.30.7.0/24"),
                            mapping(1, "192.168.8.20", "10.1.0.20")}};
  std::vector<std::string> out;
  for (const Ipv4Prefix& prefix : announced_on(realm, config, table)) {
    out.push_back(to_string(prefix));
  }
  return out;
}

PortConfig port(const char* address) {
  PortConfig port{};
  port.address = parse_ipv4_prefix(address).value();
  return port;
}

TEST(Announced, OnAPortTheHostsOfOtherRealmsThoseOfItsSubnetFirst) {
  Config config;
  config.ports = {port("10.1.0.1/16"), port("192.168.0.1/16")};
  EXPECT_EQ(announced(config, 0), std::vector<std::string>({"10.1.0.20", "172.30.7.0/24"}));
  EXPECT_EQ(announced(config, 1), std::vector<std::string>({"172.31.1.10"}));
}

TEST(Announced, OnTheOnlyPortAllHosts) {
  Config config;
  config.ports = {port("172.31.1.1/24")};
  EXPECT_EQ(announced(config, 0),
            std::vector<std::string>({"172.31.1.10", "172.30.7.0/24", "10.1.0.20"}));
}

}  // namespace
}  // namespace natto
