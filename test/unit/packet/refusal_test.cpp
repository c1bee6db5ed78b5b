#include "packet/refusal.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

using enum DropReason;

constexpr PortRules kPort{.address = {Ipv4Address::of(10, 1, 0, 1), 16}};
constexpr PortRules kPortWithKernel{.address = kPort.address, .reaches_kernel = true};

Verdict refuse_from_to(const char* source, const char* destination, Known known = {},
                       const PortRules& port = kPort) {
  ParsedPacket packet{};
  packet.source = parse_ipv4_address(source).value();
  packet.destination = parse_ipv4_address(destination).value();
  return refuse(packet, port, known);
}

TEST(Refuse, R21_MartianSources) {
  for (const char* source : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.1.1", "224.0.0.1",
                             "240.0.0.1", "255.255.255.255", "10.1.255.255"}) {
    EXPECT_EQ(refuse_from_to(source, "172.30.7.20"), kSourceMartian) << source;
  }
}

TEST(Refuse, R21_MartianDestinations) {
  for (const char* destination : {"0.0.0.0", "127.1.2.3", "169.254.169.254", "240.0.0.1"}) {
    EXPECT_EQ(refuse_from_to("10.1.1.10", destination), kDestinationMartian) << destination;
  }
}

TEST(Refuse, R22_BroadcastAndMulticast) {
  for (const char* destination : {"255.255.255.255", "10.1.255.255", "224.0.0.251", "239.1.2.3"}) {
    EXPECT_EQ(refuse_from_to("10.1.1.10", destination), kDestinationBroadcast) << destination;
  }
  // Neither is the subnet's broadcast address.
  EXPECT_EQ(refuse_from_to("10.1.1.10", "10.1.1.255"), kSourceNotMapped);
}

TEST(Refuse, H11_LandAndOwnAddresses) {
  EXPECT_EQ(refuse_from_to("10.1.1.10", "10.1.1.10"), kSourceIsDestination);
  EXPECT_EQ(refuse_from_to("10.1.0.1", "172.30.7.20"), kSourceIsOwnAddress);
  EXPECT_EQ(refuse_from_to("10.1.1.10", "10.1.0.1"), Verdict::to_own_address());
}

TEST(Refuse, R21_R40_LinkLocalSourcesReachTheKernelAndNobodyElse) {
  EXPECT_EQ(refuse_from_to("169.254.169.254", "10.1.0.1", {}, kPortWithKernel),
            Verdict::to_own_address());
  EXPECT_EQ(refuse_from_to("169.254.169.254", "10.1.0.1"), kSourceMartian) << "no kernel there";
  EXPECT_EQ(refuse_from_to("169.254.169.254", "172.30.7.20", {.source = false, .destination = true},
                           kPortWithKernel),
            kSourceMartian);
  EXPECT_EQ(refuse_from_to("169.254.169.254", "10.1.255.255", {}, kPortWithKernel), kSourceMartian);
  for (const char* source :
       {"0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "10.1.255.255"}) {
    EXPECT_EQ(refuse_from_to(source, "10.1.0.1", {}, kPortWithKernel), kSourceMartian) << source;
  }
}

TEST(Refuse, R24_UnmappedSides) {
  EXPECT_EQ(refuse_from_to("10.1.1.10", "172.30.7.20"), kSourceNotMapped);
  EXPECT_EQ(refuse_from_to("10.1.1.10", "172.30.7.20", {.source = false, .destination = true}),
            kSourceNotMapped);
  EXPECT_EQ(refuse_from_to("10.1.1.10", "172.30.7.20", {.source = true, .destination = false}),
            kDestinationNotMapped);
}

}  // namespace
}  // namespace natto
