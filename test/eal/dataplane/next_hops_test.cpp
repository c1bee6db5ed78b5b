#include "dataplane/next_hops.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

const Ipv4Prefix kSubnet{Ipv4Address::of(10, 1, 0, 1), 16};
constexpr MacAddress kOwnMac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kGatewayMac{{2, 0, 0, 0, 0, 0xfe}};
constexpr Ipv4Address kFar = Ipv4Address::of(10, 2, 0, 1);

ArpParty neighbour(std::uint8_t last) {
  return {{{2, 0, 0, 0, 0, last}}, Ipv4Address::of(10, 1, 0, last)};
}

TEST(NextHops, AStaticMacTakesEverything) {
  const NextHops hops({.subnet = kSubnet,
                       .mac = kOwnMac,
                       .static_mac = kGatewayMac,
                       .gateway_mac = {},
                       .neighbours = {}});
  EXPECT_EQ(hops.find(kFar)->destination, kGatewayMac);
  EXPECT_EQ(hops.find(kFar)->source, kOwnMac);
  EXPECT_EQ(hops.find(Ipv4Address::of(10, 1, 0, 7))->destination, kGatewayMac);
  EXPECT_EQ(hops.find(Ipv4Address::of(10, 1, 0, 7))->source, kOwnMac);
}

TEST(NextHops, HostsOnTheLinkAreTheirOwnNextHop) {
  const NextHops hops({.subnet = kSubnet,
                       .mac = kOwnMac,
                       .static_mac = {},
                       .gateway_mac = kGatewayMac,
                       .neighbours = {neighbour(3), neighbour(7), neighbour(200)}});
  EXPECT_EQ(hops.find(kFar)->destination, kGatewayMac);
  EXPECT_EQ(hops.find(kFar)->source, kOwnMac);
  for (const std::uint8_t last : std::initializer_list<std::uint8_t>{3, 7, 200}) {
    EXPECT_EQ(hops.find(neighbour(last).address)->destination, neighbour(last).mac);
    EXPECT_EQ(hops.find(neighbour(last).address)->source, kOwnMac);
  }
  for (const std::uint8_t last : std::initializer_list<std::uint8_t>{2, 4, 199, 201}) {
    EXPECT_EQ(hops.find(neighbour(last).address), nullptr);
  }
}

TEST(NextHops, NothingIsKnownBeforeTheGatewayAnswers) {
  const NextHops hops(
      {.subnet = kSubnet, .mac = kOwnMac, .static_mac = {}, .gateway_mac = {}, .neighbours = {}});
  EXPECT_EQ(hops.find(kFar), nullptr);
}

}  // namespace
}  // namespace natto
