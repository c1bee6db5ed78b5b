// mappings.toml: what it means, and the rules that each mapping keeps by itself.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "table/mapping_file.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::Folder;
using test::mapping_mistakes;
using test::two_realms;

/// One mapping: its realm is on line 3, real on 4 and mapped on 5; values begin in column 10.
std::string mapping(std::string_view realm, std::string_view real, std::string_view mapped) {
  return fmt::format(
      "[[mapping]]\n"
      "name   = \"m\"\n"
      "realm  = \"{}\"\n"
      "real   = \"{}\"\n"
      "mapped = \"{}\"\n",
      realm, real, mapped);
}

TEST(MappingFile, SaysHostsAndPrefixes) {
  const Folder folder;
  const auto file = folder.write("mappings.toml", R"(# the table
[[mapping]]
name = "a-app"
realm = "company-a"
real = "10.32.1.157"
mapped = "10.33.1.145"

[[mapping]]
mapped = "10.50.0.0/20"
real = "10.34.0.0/20"
realm = "company-b"
name = "b-offices"
)");
  const auto table = load_mappings(file, two_realms());
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->mappings.size(), 2U);
  const Mapping& host = table->mappings[0];
  EXPECT_EQ(host.name, "a-app");
  EXPECT_EQ(host.realm, 0);
  EXPECT_EQ(host.real, (Ipv4Prefix{Ipv4Address::of(10, 32, 1, 157), 32}));
  EXPECT_EQ(host.mapped, (Ipv4Prefix{Ipv4Address::of(10, 33, 1, 145), 32}));
  EXPECT_EQ(host.line, 2U);
  const Mapping& prefix = table->mappings[1];
  EXPECT_EQ(prefix.name, "b-offices");
  EXPECT_EQ(prefix.realm, 1);
  EXPECT_EQ(prefix.real, (Ipv4Prefix{Ipv4Address::of(10, 34, 0, 0), 20}));
  EXPECT_EQ(prefix.mapped, (Ipv4Prefix{Ipv4Address::of(10, 50, 0, 0), 20}));
  EXPECT_EQ(prefix.line, 8U);
}

TEST(MappingFile, TheSerialStandsAboveTheSections) {
  const Folder folder;
  const auto read = [&folder](const std::string& text) {
    return load_mappings(folder.write("m.toml", text), two_realms());
  };
  const std::string entry = test::mapping("x", "company-a", "10.9.0.1", "10.9.1.1");
  const MappingTable table = read("# agreed\nserial = 12\n" + entry).value();
  EXPECT_EQ(table.serial, 12U);
  EXPECT_EQ(table.serial_line, 2U);
  EXPECT_FALSE(read(entry)->serial);
  const std::string text = mapping_file_text(table, two_realms(), "");
  EXPECT_TRUE(text.starts_with("serial = 12\n")) << text;
  EXPECT_EQ(read(text)->serial, 12U);
  EXPECT_EQ(mapping_mistakes("serial = 0\n" + entry),
            "mappings.toml:1:10: serial is 0; allowed: 1 to 9007199254740991");
  EXPECT_NE(mapping_mistakes(entry + "serial = 1\n"), "") << "that is in the mapping";
  EXPECT_NE(mapping_mistakes("Serial = 1\n" + entry), "");
}

TEST(MappingFile, LineOfAnInlineTableIsItsBrace) {
  const Folder folder;
  const auto file = folder.write("m.toml", R"(mapping = [
  {name = "x", realm = "company-a", real = "10.9.0.1", mapped = "10.9.1.1"},
  {name = "y", realm = "company-a", real = "10.9.0.2", mapped = "10.9.1.2"},
])");
  const auto table = load_mappings(file, two_realms());
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->mappings[1].line, 3U);
}

TEST(MappingFile, AnEmptyTableIsSaidExplicitly) {
  EXPECT_EQ(mapping_mistakes("mapping = []\n"), "");
  const std::string_view missing =
      "mappings.toml:1:1: there is no [[mapping]]; add one, or write \"mapping = []\" if the table "
      "is meant to be empty";
  EXPECT_EQ(mapping_mistakes(""), missing);
  EXPECT_EQ(mapping_mistakes("\n# nothing here\n"), missing);
}

TEST(MappingFile, TheOnlyRealmNeedsNoName) {
  Config config = two_realms();
  const std::string text =
      "[[mapping]]\nname = \"m\"\nreal = \"10.9.0.1\"\nmapped = \"10.9.1.1\"\n";
  EXPECT_EQ(mapping_mistakes(text, config),
            "mappings.toml:1:1: [[mapping]] needs \"realm\" where there are several: company-a, "
            "company-b");
  config.ports.pop_back();
  EXPECT_EQ(mapping_mistakes(text, config), "");
}

TEST(MappingFile, UnknownRealmsAreNamed) {
  EXPECT_EQ(mapping_mistakes(mapping("compny-b", "10.9.0.1", "10.9.1.1")),
            "mappings.toml:3:10: unknown realm \"compny-b\"; did you mean \"company-b\"?");
  EXPECT_EQ(mapping_mistakes(mapping("x", "10.9.0.1", "10.9.1.1")),
            "mappings.toml:3:10: unknown realm \"x\"; there is company-a, company-b");
}

struct MappingCase {
  std::string text;
  std::string_view says;
};

class MappingMistakes : public testing::TestWithParam<MappingCase> {};

TEST_P(MappingMistakes, AreNamedAtTheirPlace) {
  EXPECT_EQ(mapping_mistakes(GetParam().text), GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Shape, MappingMistakes,
    testing::Values(
        MappingCase{"[[maping]]\nname = \"m\"\n",
                    "mappings.toml:1:1: unknown section \"maping\"; did you mean \"mapping\"?\n"
                    "mappings.toml:1:1: there is no [[mapping]]; add one, or write \"mapping = "
                    "[]\" if the table is meant to be empty"},
        MappingCase{
            mapping("company-a", "10.9.0.1", "10.9.1.1") + "maped = \"10.9.1.1\"\n",
            "mappings.toml:6:1: unknown key \"maped\" in [[mapping]]; did you mean \"mapped\"?"},
        MappingCase{
            "mapping = 5\n",
            "mappings.toml:1:11: mapping must be tables, not the integer 5; write [[mapping]]"},
        MappingCase{"mapping = [5]\n",
                    "mappings.toml:1:12: each mapping must be a table, not the integer 5; write "
                    "[[mapping]]"},
        MappingCase{"[[mapping]]\nrealm = \"company-a\"\n",
                    "mappings.toml:1:1: [[mapping]] needs \"name\" (1 to 64 of the characters A-Z "
                    "a-z 0-9 _ . -)\n"
                    "mappings.toml:1:1: [[mapping]] needs \"real\" (an IPv4 address or prefix, as "
                    "\"10.0.0.1\" or \"10.0.0.0/24\")\n"
                    "mappings.toml:1:1: [[mapping]] needs \"mapped\" (an IPv4 address or prefix, "
                    "as \"10.0.0.1\" or \"10.0.0.0/24\")"},
        MappingCase{mapping("company-a", "10.0.0.1 ", "10.9.1.1"),
                    "mappings.toml:4:10: real: \"10.0.0.1 \" is not an IPv4 address: there is "
                    "white space in it; write it like \"10.0.0.1\" or \"10.0.0.0/24\""},
        MappingCase{mapping("company-a", "10.9.0.5/24", "10.8.1.0/24"),
                    "mappings.toml:4:10: real: \"10.9.0.5/24\" has host bits set; write "
                    "\"10.9.0.0/24\" for the network, or \"10.9.0.5\" for the host"},
        MappingCase{mapping("company-a", "10.9.0.0/24", "10.8.0.0/20"),
                    "mappings.toml:5:10: mapped: 10.8.0.0/20 is a /20 but real 10.9.0.0/24 is a "
                    "/24; both must have the same length"}));

INSTANTIATE_TEST_SUITE_P(
    Reserved, MappingMistakes,
    testing::Values(MappingCase{mapping("company-a", "0.1.2.3", "10.9.1.1"),
                                "mappings.toml:4:10: real: 0.1.2.3 is in 0.0.0.0/8 (\"this "
                                "network\"), which is never forwarded"},
                    MappingCase{mapping("company-a", "127.0.0.1", "10.9.1.1"),
                                "mappings.toml:4:10: real: 127.0.0.1 is in 127.0.0.0/8 (loopback), "
                                "which is never forwarded"},
                    MappingCase{mapping("company-a", "10.9.1.1", "169.254.169.254"),
                                "mappings.toml:5:10: mapped: 169.254.169.254 is in 169.254.0.0/16 "
                                "(link-local), which is never forwarded"},
                    MappingCase{mapping("company-a", "10.9.1.1", "224.0.0.5"),
                                "mappings.toml:5:10: mapped: 224.0.0.5 is in 224.0.0.0/4 "
                                "(multicast), which is never forwarded"},
                    MappingCase{mapping("company-a", "10.9.1.1", "255.255.255.255"),
                                "mappings.toml:5:10: mapped: 255.255.255.255 is in 240.0.0.0/4 "
                                "(reserved and broadcast), which is never forwarded"},
                    MappingCase{mapping("company-a", "126.0.0.0/7", "12.0.0.0/7"),
                                "mappings.toml:4:10: real: 126.0.0.0/7 contains 127.0.0.0/8 "
                                "(loopback), which is never forwarded"},
                    MappingCase{mapping("company-a", "0.0.0.0/0", "0.0.0.0/0"),
                                "mappings.toml:4:10: real: 0.0.0.0/0 contains 0.0.0.0/8 (\"this "
                                "network\"), which is never forwarded\n"
                                "mappings.toml:4:10: real: 0.0.0.0/0 contains 10.1.0.1, natto's "
                                "own address in realm \"company-a\"\n"
                                "mappings.toml:5:10: mapped: 0.0.0.0/0 contains 0.0.0.0/8 (\"this "
                                "network\"), which is never forwarded\n"
                                "mappings.toml:5:10: mapped: 0.0.0.0/0 contains 10.1.0.1, natto's "
                                "own address in realm \"company-a\"\n"
                                "mappings.toml:5:10: mapped: 0.0.0.0/0 contains 10.1.0.254, the "
                                "gateway in realm \"company-a\"\n"
                                "mappings.toml:5:10: mapped: 0.0.0.0/0 contains 10.2.0.1, natto's "
                                "own address in realm \"company-b\""}));

INSTANTIATE_TEST_SUITE_P(
    Ports, MappingMistakes,
    testing::Values(
        MappingCase{
            mapping("company-a", "10.9.0.1", "10.2.0.1"),
            "mappings.toml:5:10: mapped: 10.2.0.1 is natto's own address in realm \"company-b\""},
        MappingCase{mapping("company-a", "10.1.0.0/24", "10.9.1.0/24"),
                    "mappings.toml:4:10: real: 10.1.0.0/24 contains 10.1.0.1, natto's own address "
                    "in realm \"company-a\""},
        MappingCase{mapping("company-b", "10.9.0.1", "10.1.0.254"),
                    "mappings.toml:5:10: mapped: 10.1.0.254 is the gateway in realm \"company-a\""},
        MappingCase{mapping("company-a", "10.1.0.0", "10.2.0.255"),
                    "mappings.toml:4:10: real: 10.1.0.0 is the network address of the subnet "
                    "10.1.0.0/24, not a host's\n"
                    "mappings.toml:5:10: mapped: 10.2.0.255 is the broadcast address of the subnet "
                    "10.2.0.0/24, not a host's"}));

// Another realm's own addresses are other machines there.
TEST(MappingFile, RealAddressesKnowOnlyTheirRealm) {
  EXPECT_EQ(mapping_mistakes(mapping("company-a", "10.2.0.1", "10.9.1.1")), "");
  EXPECT_EQ(mapping_mistakes(mapping("company-a", "10.2.0.255", "10.9.1.1")), "");
  EXPECT_EQ(mapping_mistakes(mapping("company-a", "10.1.0.254", "10.9.1.1")), "");
}

TEST(MappingFile, ASubnetWithoutBroadcastAddressHasOnlyHosts) {
  Config config = two_realms();
  config.ports[1].address = {Ipv4Address::of(10, 2, 0, 1), 31};
  EXPECT_EQ(mapping_mistakes(mapping("company-b", "10.2.0.0", "10.9.1.1"), config), "");
}

// Its first address is the subnet's network address, which no packet comes from or goes to.
TEST(MappingFile, APrefixMayCoverTheEdgeOfASubnet) {
  Config config = two_realms();
  config.ports[0].address = {Ipv4Address::of(10, 1, 0, 130), 24};
  EXPECT_EQ(mapping_mistakes(mapping("company-a", "10.1.0.0/28", "10.9.1.0/28"), config), "");
}

TEST(MappingFile, AWrongRealmIsOneMistake) {
  EXPECT_EQ(mapping_mistakes("[[mapping]]\nname = \"m\"\nreal = \"10.9.0.1\"\n"
                             "mapped = \"10.9.1.1\"\nrealm = 5\n"),
            "mappings.toml:5:9: realm must be a string, not the integer 5; put it in quotes");
}

}  // namespace
}  // namespace natto
