#include "config/values.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace natto {
namespace {

constexpr IntegerRange kCores = {0, 1023};

std::vector<unsigned> lcores(std::string_view text) {
  const auto result = parse_lcores(text, kCores);
  EXPECT_TRUE(result) << text;
  return result ? result.value() : std::vector<unsigned>{};
}

std::string lcores_error(std::string_view text) {
  const auto result = parse_lcores(text, kCores);
  return result ? "" : result.error().message;
}

TEST(Lcores, ReadsNumbersAndRanges) {
  EXPECT_EQ(lcores("1"), (std::vector<unsigned>{1}));
  EXPECT_EQ(lcores("1-3,5"), (std::vector<unsigned>{1, 2, 3, 5}));
  EXPECT_EQ(lcores("0,2-2,1023"), (std::vector<unsigned>{0, 2, 1023}));
  EXPECT_EQ(lcores("0-1023").size(), 1024U);
}

TEST(Lcores, RefusesWhatIsNoList) {
  for (const auto* text : {"", ",", "1,", ",1", "1,,2", "1-", "-1", "-", "1-2-3", "a", "1.5", "0x1",
                           "+1", "1 ", " 1", "1, 2", "1;2"}) {
    EXPECT_NE(lcores_error(text).find("is neither a core's number nor a range"), std::string::npos)
        << text;
  }
  EXPECT_EQ(lcores_error("1, 2"),
            "\" 2\" is neither a core's number nor a range; write a list like \"1-3,5\"");
}

TEST(Lcores, RefusesCoresOutsideTheRange) {
  EXPECT_EQ(lcores_error("1024"), "\"1024\" is outside the cores 0 to 1023");
  EXPECT_EQ(lcores_error("1-1024"), "\"1-1024\" is outside the cores 0 to 1023");
  EXPECT_EQ(lcores_error("99999999999999999999999"),
            "\"99999999999999999999999\" is outside the cores 0 to 1023");
  EXPECT_EQ(lcores_error("0-99999999999999999999999"),
            "\"0-99999999999999999999999\" is outside the cores 0 to 1023");
}

TEST(Lcores, RefusesDuplicatesAndDisorder) {
  EXPECT_EQ(lcores_error("3-1"), "the range \"3-1\" runs backwards; write \"1-3\"");
  EXPECT_EQ(lcores_error("2,2"), "\"2\" after 2: list the cores once each, ascending");
  EXPECT_EQ(lcores_error("1-3,3-4"), "\"3-4\" after 3: list the cores once each, ascending");
  EXPECT_EQ(lcores_error("5,1"), "\"1\" after 5: list the cores once each, ascending");
}

TEST(Addresses, ReadsThem) {
  EXPECT_EQ(parse_address("10.0.0.1").value(), Ipv4Address::of(10, 0, 0, 1));
  EXPECT_EQ(parse_interface_address("10.0.0.1/24").value(),
            (Ipv4Prefix{Ipv4Address::of(10, 0, 0, 1), 24}));
  EXPECT_EQ(parse_interface_address("10.0.0.1").value().length, 32);
  EXPECT_EQ(parse_address_range("10.0.0.1").value(),
            (Ipv4Prefix{Ipv4Address::of(10, 0, 0, 1), 32}));
  EXPECT_EQ(parse_address_range("10.34.0.0/20").value(),
            (Ipv4Prefix{Ipv4Address::of(10, 34, 0, 0), 20}));
}

TEST(Addresses, SaysWhyNot) {
  const auto why = [](std::string_view text) { return parse_address(text).error().message; };
  EXPECT_EQ(why("10.0.0"), "\"10.0.0\" is not an IPv4 address; write it like \"10.0.0.1\"");
  EXPECT_EQ(why("10.0.0.256"), "\"10.0.0.256\" is not an IPv4 address; write it like \"10.0.0.1\"");
  EXPECT_EQ(why("10.0.0.1/24"),
            "\"10.0.0.1/24\" is not an IPv4 address; write it like \"10.0.0.1\"");
  EXPECT_EQ(why("10.0.0.1 "),
            "\"10.0.0.1 \" is not an IPv4 address: there is white space in it; write it like "
            "\"10.0.0.1\"");
  EXPECT_EQ(why("10.01.0.1"),
            "\"10.01.0.1\" is not an IPv4 address: a number in it has leading zeros; write it like "
            "\"10.0.0.1\"");
  EXPECT_EQ(
      why("::1"),
      "\"::1\" is not an IPv4 address (natto does not translate IPv6); write it like \"10.0.0.1\"");
  EXPECT_EQ(why(""), "\"\" is not an IPv4 address; write it like \"10.0.0.1\"");
}

TEST(Addresses, NamesTheNetworkOfHostBits) {
  EXPECT_EQ(parse_address_range("10.50.3.7/20").error().message,
            "\"10.50.3.7/20\" has host bits set; write \"10.50.0.0/20\" for the network, or "
            "\"10.50.3.7\" for the host");
  EXPECT_EQ(
      parse_address_range("10.0.0.0/33").error().message,
      "\"10.0.0.0/33\" is not an IPv4 address; write it like \"10.0.0.1\" or \"10.0.0.0/24\"");
  EXPECT_EQ(parse_address_range("10.0.0.0/08").error().message,
            "\"10.0.0.0/08\" is not an IPv4 address: a number in it has leading zeros; write it "
            "like \"10.0.0.1\" or \"10.0.0.0/24\"");
}

TEST(MacAddresses, AreOfOneHost) {
  EXPECT_TRUE(parse_host_mac("02:00:00:00:00:0A"));
  EXPECT_EQ(parse_host_mac("02-00-00-00-00-01").error().message,
            "\"02-00-00-00-00-01\" is not a MAC address; write it like \"02:00:00:00:00:01\"");
  EXPECT_EQ(parse_host_mac("00:00:00:00:00:00").error().message,
            "\"00:00:00:00:00:00\" is all zero; give the MAC address of one host");
  EXPECT_EQ(parse_host_mac("01:00:5e:00:00:01").error().message,
            "\"01:00:5e:00:00:01\" is a group address; give the MAC address of one host");
}

TEST(Names, HaveFewCharacters) {
  EXPECT_TRUE(is_name("Company_A.x-9", {1, 32}));
  EXPECT_TRUE(is_name(std::string(32, 'a'), {1, 32}));
  EXPECT_FALSE(is_name(std::string(33, 'a'), {1, 32}));
  for (const auto* text : {"", "a b", "a/b", "\u00e9", "a\n", "a=b"}) {
    EXPECT_FALSE(is_name(text, {1, 32})) << text;
  }
}

TEST(PlainText, HasNoControlCharacters) {
  EXPECT_TRUE(is_plain_text("net_pcap0,rx_pcap=a b.pcap"));
  EXPECT_FALSE(is_plain_text(""));
  EXPECT_FALSE(is_plain_text("a\tb"));
  EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_plain_text("a\x7f"));
}

TEST(PlainText, ShowsOnATerminalWhatIsThere) {
  for (const auto* text : {"caf\u00e9", "\u00a0", "\u2027", "\u202f", "\u200d", "\u2065", "\u206a",
                           "\u061b", "\u061d", "\u0161", "\u4e2d\u6587"}) {
    EXPECT_TRUE(is_plain_text(text)) << text;
  }
  for (const auto* text :
       {"\u0080", "a\u009b31m", "\u009f", "\u061c", "\u200e", "\u200f", "\u2028", "\u2029",
        "\u202a", "a\u202eb", "\u2066", "\u2067", "\u2068", "b\u2069"}) {
    EXPECT_FALSE(is_plain_text(text)) << text;
  }
}

}  // namespace
}  // namespace natto
