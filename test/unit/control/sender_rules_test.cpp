#include "control/sender_rules.hpp"

#include <gtest/gtest.h>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::from_hex;
using test::make_udp;

constexpr MacAddress kOwnMac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kOtherMac{{2, 0, 0, 0, 0, 2}};
constexpr Ipv4Address kOwn = Ipv4Address::of(10, 1, 0, 1);
constexpr Ipv4Address kOther = Ipv4Address::of(10, 1, 0, 2);
constexpr SenderRules kRules{.self = {kOwnMac, kOwn}, .mtu = 1500};

/// What follows destination and source MAC address: an EtherType, and the packet.
bool sends(const char* destination, const char* source, const char* ethertype,
           const Bytes& packet) {
  Bytes frame = from_hex(std::string(destination) + source + ethertype);
  frame.insert(frame.end(), packet.begin(), packet.end());
  return may_send(frame, kRules);
}
bool sends_ipv4(const Bytes& packet) {
  return sends("0200000000fe", "020000000001", "0800", packet);
}
bool sends_arp(const ArpMessage& message) { return may_send(make_arp(message), kRules); }

Bytes udp_from(const char* source, std::size_t length = 100) {
  return make_udp({.source = source, .destination = "10.32.1.157"}, Bytes(length - 28));
}

TEST(SenderRules, R40_UnicastFromThePortsOwnAddress) {
  EXPECT_TRUE(sends_ipv4(udp_from("10.1.0.1")));
  EXPECT_TRUE(sends_ipv4(udp_from("10.1.0.1", 1500)));
  EXPECT_FALSE(sends_ipv4(udp_from("10.1.0.1", 1501)));
  EXPECT_FALSE(sends_ipv4(udp_from("10.1.0.2"))) << "another's: forwarded, or another address";
  EXPECT_FALSE(sends_ipv4(udp_from("0.0.0.0"))) << "DHCP";
}

TEST(SenderRules, R40_NoOtherStationsAndNoGroups) {
  const Bytes packet = udp_from("10.1.0.1");
  EXPECT_FALSE(sends("0200000000fe", "020000000002", "0800", packet));
  EXPECT_FALSE(sends("01005e0000fb", "020000000001", "0800", packet)) << "multicast";
  EXPECT_FALSE(sends("ffffffffffff", "020000000001", "0800", packet)) << "broadcast";
}

TEST(SenderRules, R40_NothingButIpv4AndArp) {
  EXPECT_FALSE(sends("333300000002", "020000000001", "86dd", Bytes(56)));
  EXPECT_FALSE(sends("0200000000fe", "020000000001", "86dd", Bytes(56)));
  EXPECT_FALSE(sends("0180c200000e", "020000000001", "88cc", Bytes(46)));
  EXPECT_FALSE(sends("0200000000fe", "020000000001", "8100", udp_from("10.1.0.1")));
}

TEST(SenderRules, R40_ArpAsksAndNeverAnswers) {
  const ArpMessage request{.operation = ArpOperation::kRequest,
                           .sender = {kOwnMac, kOwn},
                           .target = {MacAddress{}, kOther}};
  EXPECT_TRUE(sends_arp(request));
  ArpMessage message = request;
  message.operation = ArpOperation::kReply;
  EXPECT_FALSE(sends_arp(message));
  message = request;
  message.sender.address = kOther;
  EXPECT_FALSE(sends_arp(message)) << "another address of this machine";
  message = request;
  message.sender.mac = kOtherMac;
  EXPECT_FALSE(sends_arp(message));
}

TEST(SenderRules, R40_EveryTruncation) {
  Bytes frame = from_hex("0200000000fe 020000000001 0800");
  const Bytes packet = udp_from("10.1.0.1");
  frame.insert(frame.end(), packet.begin(), packet.end());
  for (std::size_t length = 0; length < kIpv4Offset + sizeof(Ipv4Header); ++length) {
    EXPECT_FALSE(may_send(Bytes(frame.begin(), frame.begin() + static_cast<long>(length)), kRules));
  }
}

}  // namespace
}  // namespace natto
