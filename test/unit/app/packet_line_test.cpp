#include "packet_line.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "base/hex.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::make_icmp;
using test::make_icmp_error;
using test::make_packet;
using test::make_tcp;
using test::make_udp;

std::string content_of(const Bytes& packet) { return content_text(frame_of(packet)); }
std::string addresses_of(const Bytes& packet) { return addresses_text(frame_of(packet)); }

// The words are tcpdump's.
TEST(PacketLine, TellsWhatAPacketIs) {
  EXPECT_EQ(content_of(make_tcp({}, {})), "Flags [S], seq 16909060, win 64240, length 0");
  Bytes segment = make_tcp({}, Bytes(5));
  segment[33] = 0x18;
  segment[31] = 9;
  EXPECT_EQ(content_of(segment), "Flags [P.], seq 16909060, ack 9, win 64240, length 5");
  segment[33] = 0;
  EXPECT_EQ(content_of(segment), "Flags [none], seq 16909060, win 64240, length 5");
  EXPECT_EQ(content_of(make_udp({}, Bytes(12))), "UDP, length 12");
  EXPECT_EQ(content_of(make_icmp({}, 8, test::from_hex("0017 0003 616263"))),
            "ICMP echo request, id 23, seq 3, length 11");
  EXPECT_EQ(content_of(make_icmp({}, 0, test::from_hex("0017 0003"))),
            "ICMP echo reply, id 23, seq 3, length 8");
  EXPECT_EQ(content_of(make_icmp({}, 13, Bytes(16))), "ICMP type 13, code 0, length 20");
  EXPECT_EQ(content_of(make_packet({.protocol = 47, .payload = Bytes(30)})), "gre, length 30");
  EXPECT_EQ(content_of(make_packet({.protocol = 17, .fragment = 0x00b9, .payload = Bytes(30)})),
            "udp fragment at 1480, length 30");
}

TEST(PacketLine, TellsWhomAnIcmpErrorIsAbout) {
  const Bytes quoted = make_udp({}, Bytes(12));
  EXPECT_EQ(
      content_of(make_icmp_error({.source = "10.9.9.9", .destination = "10.1.1.10"}, 11, quoted)),
      "ICMP time exceeded in-transit for 10.1.1.10.5000 > 172.30.7.20.53, length 48");
}

TEST(PacketLine, TellsWhoSendsItToWhom) {
  EXPECT_EQ(addresses_of(make_tcp({}, {})), "10.1.1.10.40000 > 172.30.7.20.443");
  EXPECT_EQ(addresses_of(make_icmp({}, 8, Bytes(4))), "10.1.1.10 > 172.30.7.20");
  EXPECT_EQ(addresses_text(test::from_hex("020000000001 020000000002 88cc 00")),
            "02:00:00:00:00:02 > 02:00:00:00:00:01");
  const Bytes arp = test::from_hex(
      "ffffffffffff 020000000002 0806 0001 0800 06 04 0001 020000000002 0a010101 000000000000 "
      "0a010102");
  EXPECT_EQ(addresses_text(arp), "");
  EXPECT_EQ(content_text(arp), "ARP, Request who-has 10.1.1.2 tell 10.1.1.1");
}

TEST(PacketLine, CutAnywhereItReadsNothingBeyond) {
  const Bytes quoted = make_udp({}, Bytes(12));
  for (const Bytes& packet : {make_tcp({}, {}), make_icmp_error({}, 3, quoted),
                              make_icmp({}, 8, Bytes(8)), make_packet({.options = Bytes(40, 1)})}) {
    const Bytes frame = frame_of(packet);
    for (std::size_t length = 0; length <= frame.size(); ++length) {
      // On the heap, so that the sanitizer sees what lies behind it.
      const Bytes cut(frame.begin(), frame.begin() + static_cast<long>(length));
      EXPECT_FALSE(content_text(cut).empty());
      EXPECT_FALSE(addresses_text(cut).empty());
    }
  }
}

class PacketLines : public testing::Test {
 protected:
  PacketLines() {
    setenv("TZ", "UTC", 1);
    tzset();
    packet_.at_ns = 1'700'000'000'123'456'789;
    packet_.fate = "sent";
    packet_.from = "a-app";
    packet_.to = "b-db";
    packet_.in_realm = "a";
    packet_.out_realm = "b";
    packet_.in_frame = to_hex(frame_of(make_udp({}, Bytes(12))));
    packet_.out_frame = to_hex(
        frame_of(make_udp({.source = "172.31.1.10", .destination = "192.168.7.20"}, Bytes(12))));
  }
  api::CapturedReport packet_;
};

TEST_F(PacketLines, BothPairsOfAddresses) {
  packet_.rule = "dns";
  EXPECT_EQ(packet_line(packet_),
            "22:13:20.123456 a > b 10.1.1.10.5000 > 172.30.7.20.53 => 172.31.1.10.5000 > "
            "192.168.7.20.53: UDP, length 12 [a-app > b-db, rule dns]");
  EXPECT_EQ(fate_text(packet_), "sent; a-app > b-db, rule dns");
}

TEST_F(PacketLines, ADropInWords) {
  packet_.fate = "dropped";
  packet_.reason = "ttl_expired";
  packet_.out_realm = packet_.out_frame = packet_.to = "";
  const std::string line = packet_line(packet_);
  EXPECT_EQ(line.find("22:13:20.123456 a > - 10.1.1.10.5000 > 172.30.7.20.53: UDP, length 12 -- "
                      "dropped: ttl_expired ("),
            0U)
      << line;
  EXPECT_TRUE(line.ends_with(") [a-app > -]")) << line;
}

TEST_F(PacketLines, WhatNattoMakesOrKeeps) {
  packet_.from = packet_.to = "";
  packet_.fate = "held";
  EXPECT_TRUE(packet_line(packet_).ends_with("12 -- held until its next hop is known"));
  packet_.fate = "to natto";
  packet_.out_realm = packet_.out_frame = "";
  EXPECT_EQ(packet_line(packet_).find("22:13:20.123456 a > natto 10.1.1.10"), 0U);
  packet_.fate = "generated";
  std::swap(packet_.in_realm, packet_.out_realm);
  std::swap(packet_.in_frame, packet_.out_frame);
  EXPECT_EQ(
      packet_line(packet_),
      "22:13:20.123456 natto > a 10.1.1.10.5000 > 172.30.7.20.53: UDP, length 12 -- generated");
}

}  // namespace
}  // namespace natto
