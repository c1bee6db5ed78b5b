#include "base/address.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

TEST(Ipv4Address, ReadsAndPrintsDottedDecimal) {
  for (const char* text : {"0.0.0.0", "10.32.1.157", "255.255.255.255"}) {
    EXPECT_EQ(to_string(parse_ipv4_address(text).value()), text);
  }
  EXPECT_EQ(parse_ipv4_address("10.32.1.157")->host(), 0x0a20019dU);
}

TEST(Ipv4Address, RefusesEverythingElse) {
  for (const char* text : {"", "10", "10.0.0", "10.0.0.", "10.0.0.256", "10.0.0.1 ", " 10.0.0.1",
                           "10.0.0.01", "10..0.1", "+1.0.0.0", "-1.0.0.0", "1.2.3.4.5", "0x1.2.3.4",
                           "1.2.3.4/8", "a.b.c.d", "0001.0.0.0"}) {
    EXPECT_FALSE(parse_ipv4_address(text)) << text;
  }
}

TEST(Ipv4Address, LiesInNetworkOrderAndSortsNumerically) {
  const auto address = Ipv4Address::of(1, 2, 3, 4);
  const auto bytes = std::bit_cast<std::array<std::uint8_t, 4>>(address);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{1, 2, 3, 4}));
  EXPECT_LT(Ipv4Address::of(10, 0, 0, 2), Ipv4Address::of(10, 0, 0, 10));
  EXPECT_LT(Ipv4Address::of(9, 255, 0, 0), Ipv4Address::of(10, 0, 0, 0));
}

TEST(Ipv4Prefix, ReadsAddressesAndPrefixes) {
  EXPECT_EQ(parse_ipv4_prefix("10.0.0.1")->length, 32);
  EXPECT_EQ(to_string(parse_ipv4_prefix("10.33.1.124/28").value()), "10.33.1.124/28");
  EXPECT_EQ(to_string(parse_ipv4_prefix("10.33.1.124/32").value()), "10.33.1.124");
  for (const char* text : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/8x", "/8", "10/8",
                           "10.0.0.0 /8", "10.0.0.0/-1"}) {
    EXPECT_FALSE(parse_ipv4_prefix(text)) << text;
  }
}

TEST(Ipv4Prefix, KnowsItsRange) {
  const auto prefix = parse_ipv4_prefix("10.33.1.124/28").value();
  EXPECT_EQ(to_string(prefix.first()), "10.33.1.112");
  EXPECT_EQ(to_string(prefix.last()), "10.33.1.127");
  EXPECT_TRUE(prefix.has_host_bits());
  EXPECT_TRUE(prefix.contains(Ipv4Address::of(10, 33, 1, 112)));
  EXPECT_FALSE(prefix.contains(Ipv4Address::of(10, 33, 1, 128)));

  const auto all = parse_ipv4_prefix("0.0.0.0/0").value();
  EXPECT_EQ(to_string(all.last()), "255.255.255.255");
  EXPECT_TRUE(all.contains(Ipv4Address::of(200, 1, 2, 3)));
}

TEST(Ipv4Prefix, OverlapIsSymmetricContainment) {
  const auto wide = parse_ipv4_prefix("10.0.0.0/8").value();
  const auto narrow = parse_ipv4_prefix("10.200.0.0/16").value();
  const auto other = parse_ipv4_prefix("11.0.0.0/16").value();
  EXPECT_TRUE(wide.overlaps(narrow));
  EXPECT_TRUE(narrow.overlaps(wide));
  EXPECT_FALSE(other.overlaps(wide));
  EXPECT_FALSE(wide.overlaps(other));
}

TEST(MacAddress, ReadsAndPrints) {
  EXPECT_EQ(to_string(parse_mac_address("02:00:5E:10:00:ff").value()), "02:00:5e:10:00:ff");
  EXPECT_TRUE(parse_mac_address("01:00:5e:00:00:01")->is_group());
  EXPECT_FALSE(parse_mac_address("02:00:00:00:00:01")->is_group());
  for (const char* text : {"", "02:00:00:00:00", "02-00-00-00-00-01", "02:00:00:00:00:0g",
                           "02:00:00:00:00:01 ", "2:0:0:0:0:1:2:3:4", "0x:00:00:00:00:01"}) {
    EXPECT_FALSE(parse_mac_address(text)) << text;
  }
}

TEST(Ipv4Prefix, HasTheAddressWithTheHostBitsOfAnother) {
  const Ipv4Prefix mapped = parse_ipv4_prefix("10.50.16.0/20").value();
  EXPECT_EQ(to_string(mapped.with_host_bits_of(parse_ipv4_address("10.34.19.7").value())),
            "10.50.19.7");
  const Ipv4Prefix host = parse_ipv4_prefix("10.33.1.151/32").value();
  EXPECT_EQ(to_string(host.with_host_bits_of(parse_ipv4_address("10.34.1.125").value())),
            "10.33.1.151");
  const Ipv4Prefix all = parse_ipv4_prefix("0.0.0.0/0").value();
  EXPECT_EQ(to_string(all.with_host_bits_of(parse_ipv4_address("10.34.1.125").value())),
            "10.34.1.125");
}

}  // namespace
}  // namespace natto
