// natto.toml: what it means, and what is said about each thing that can be wrong with it.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::config_mistakes;
using test::Folder;

/// A right natto.toml with this text before its line `line`, or in its place.
std::string with(std::string_view old_line, std::string_view new_lines) {
  std::string text = test::one_port();
  const std::size_t at = text.find(old_line);
  EXPECT_NE(at, std::string::npos) << old_line;
  return text.replace(at, old_line.size(), new_lines);
}

/// A right natto.toml with a further line in its [[port]], which is line 6.
std::string with_port_line(std::string_view line) {
  return with("gateway = \"10.33.1.113\"\n", fmt::format("gateway = \"10.33.1.113\"\n{}\n", line));
}

TEST(ConfigFile, SaysEverything) {
  const Folder folder;
  const auto config = load_config(folder.write("natto.toml", R"(
[dpdk]
lcores = "1-3,5"
main_lcore = 4
mbufs = 65536
eal = ["--log-level=8", "-v"]

[[port]]
realm = "company-a"
device = "0000:00:06.0"
address = "10.33.1.124/28"
gateway = "10.33.1.113"
mtu = 9001
checksum_offload = "off"
source_not_mapped = "pass"
hairpin = "drop"
record_route = "pass"
tcp_mss_clamp = "auto"
kernel_interface = "natto0"
kernel_packets_per_second = 500

[[port]]
realm = "company-b"
device = "net_pcap0,rx_pcap=a.pcap,tx_pcap=b.pcap"
address = "10.33.1.124/31"
gateway_mac = "02:00:00:00:00:01"
tcp_mss_clamp = 1360

[icmp]
outer_source = "mapped-destination"
inner_checksum_bad = "drop"
errors_per_second = 0
error_burst = 7

[table]
file = "tables/mappings.toml"

[api]
socket = "/run/other/natto.sock"
group = "readers"
admin_group = "admins"
)"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->dpdk.lcores, (std::vector<unsigned>{1, 2, 3, 5}));
  EXPECT_EQ(config->dpdk.main_lcore, 4U);
  EXPECT_EQ(config->dpdk.mbufs, 65536U);
  EXPECT_EQ(config->dpdk.eal, (std::vector<std::string>{"--log-level=8", "-v"}));
  ASSERT_EQ(config->ports.size(), 2U);

  const PortConfig& a = config->ports[0];
  EXPECT_EQ(a.realm, "company-a");
  EXPECT_EQ(a.device, "0000:00:06.0");
  EXPECT_EQ(a.address, (Ipv4Prefix{Ipv4Address::of(10, 33, 1, 124), 28}));
  EXPECT_EQ(a.gateway, Ipv4Address::of(10, 33, 1, 113));
  EXPECT_FALSE(a.gateway_mac);
  EXPECT_EQ(a.mtu, 9001);
  EXPECT_EQ(a.checksum_offload, ChecksumOffload::kOff);
  EXPECT_EQ(a.source_not_mapped, SourceNotMapped::kPass);
  EXPECT_EQ(a.hairpin, Hairpin::kDrop);
  EXPECT_EQ(a.record_route, RecordRoute::kPass);
  EXPECT_EQ(a.tcp_mss_clamp, 65'535);
  EXPECT_EQ(a.kernel_interface, "natto0");
  EXPECT_EQ(a.kernel_packets_per_second, 500U);
  EXPECT_EQ(config->icmp.rules.outer_source, OuterSource::kMappedDestination);
  EXPECT_EQ(config->icmp.rules.inner_checksum_bad, InnerChecksumBad::kDrop);
  EXPECT_EQ(config->icmp.errors_per_second, 0U);
  EXPECT_EQ(config->icmp.error_burst, 7U);

  const PortConfig& b = config->ports[1];
  EXPECT_EQ(b.device, "net_pcap0,rx_pcap=a.pcap,tx_pcap=b.pcap");
  EXPECT_FALSE(b.gateway);
  EXPECT_EQ(b.gateway_mac, (MacAddress{{2, 0, 0, 0, 0, 1}}));
  EXPECT_EQ(b.checksum_offload, ChecksumOffload::kAuto);
  EXPECT_EQ(b.tcp_mss_clamp, 1360);

  EXPECT_EQ(config->api.socket, "/run/other/natto.sock");
  EXPECT_EQ(config->api.group, "readers");
  EXPECT_EQ(config->api.admin_group, "admins");

  EXPECT_EQ(config->find_realm("company-b"), RealmId{1});
  EXPECT_EQ(config->table_file, folder.path() / "tables/mappings.toml");
}

TEST(ConfigFile, FindsTheTableWhereItIs) {
  const Folder folder;
  const auto absolute = folder.write("natto.toml", with("\"mappings.toml\"", "\"/etc/m.toml\""));
  EXPECT_EQ(load_config(absolute)->table_file, "/etc/m.toml");
}

/// A natto.toml with these lines below [table], of which the first is line 8.
std::string with_table_lines(std::string_view lines) {
  return with("[table]\n", fmt::format("[table]\n{}\n", lines));
}

TEST(ConfigFile, SaysWhoMustSignTheTable) {
  const Folder folder;
  const auto table = [&folder](std::string_view lines) {
    return load_config(folder.write("natto.toml", with_table_lines(lines)))->table;
  };
  const TableConfig some = table(
      "signers = \"keys/allowed\"\nrequire = [\"company-a\", \"b@x+y_2\"]\nmax_removed = 0.25");
  EXPECT_EQ(some.signers, folder.path() / "keys/allowed");
  EXPECT_EQ(some.require, (std::vector<std::string>{"company-a", "b@x+y_2"}));
  EXPECT_EQ(some.max_removed, 0.25);
  EXPECT_EQ(table("signers = \"/etc/allowed\"").signers, "/etc/allowed");
  const TableConfig none = table("");
  EXPECT_FALSE(none.signers);
  EXPECT_TRUE(none.require.empty());
  EXPECT_EQ(none.max_removed, 0.5);
  for (const auto& [text, share] :
       {std::pair{"0", 0.0}, {"1", 1.0}, {"+2.5e-1", 0.25}, {"0.0_1", 0.01}}) {
    EXPECT_EQ(table(fmt::format("max_removed = {}", text)).max_removed, share) << text;
  }
}

TEST(ConfigFile, WhoMustSignHasANameAndAKey) {
  const auto mistakes = [](std::string_view lines) {
    return config_mistakes(with_table_lines(lines));
  };
  EXPECT_EQ(mistakes("require = [\"a\"]"),
            "natto.toml:8:11: require needs signers as well: the file with the parties' keys, as "
            "signers = \"allowed_signers\"");
  EXPECT_EQ(mistakes("signers = \"s\"\nrequire = []"),
            "natto.toml:9:11: require names nobody; leave it out if the table needs no signature");
  EXPECT_EQ(mistakes("signers = \"s\"\nrequire = [\"a\", \"b\", \"a\"]"),
            "natto.toml:9:11: require has \"a\" twice; name each party once");
  for (const char* party : {"../a", "a/b", "a b", ".a", "*", "a,b", "!a", "\u00e4"}) {
    EXPECT_TRUE(mistakes(fmt::format("signers = \"s\"\nrequire = [\"{}\"]", party))
                    .starts_with("natto.toml:9:11: require has "))
        << party;
  }
  EXPECT_NE(mistakes(fmt::format("signers = \"s\"\nrequire = [\"{}\"]", std::string(65, 'a'))), "");
  for (const char* share : {"-0.1", "1.01", "2", "-1", "inf", "nan"}) {
    EXPECT_EQ(mistakes(fmt::format("max_removed = {}", share)),
              fmt::format("natto.toml:8:15: max_removed is {}; allowed: 0 to 1, as 0.25", share));
  }
  EXPECT_EQ(mistakes("max_removed = \"0.5\""),
            "natto.toml:8:15: max_removed must be a number, not the string \"0.5\"");
}

TEST(ConfigFile, TheStateDirectoryIsAnAbsolutePath) {
  const Folder folder;
  const auto state = [](std::string_view value) {
    return fmt::format("{}[state]\ndirectory = {}\n", test::one_port(), value);
  };
  EXPECT_EQ(load_config(folder.write("natto.toml", state("\"/srv/natto\"")))->state.directory,
            "/srv/natto");
  EXPECT_FALSE(load_config(folder.write("natto.toml", test::one_port()))->state.directory);
  EXPECT_NE(test::config_mistakes(state("\"state\""))
                .find("directory: \"state\" is not an absolute path, as \"/var/lib/natto\""),
            std::string::npos);
  EXPECT_NE(test::config_mistakes(state("3")).find("directory"), std::string::npos);
}

TEST(ConfigFile, TheRecordOfRefusalsIsOffUnlessAskedFor) {
  const Folder folder;
  const auto log = [&folder](std::string_view lines) {
    return load_config(
               folder.write("natto.toml", fmt::format("{}[log]\n{}\n", test::one_port(), lines)))
        ->log;
  };
  EXPECT_FALSE(load_config(folder.write("natto.toml", test::one_port()))->log.refused);
  EXPECT_FALSE(log("").refused);
  EXPECT_TRUE(log("refused = true").refused);
  EXPECT_FALSE(log("refused = true").refused_file);
  EXPECT_EQ(log("refused = true\nrefused_file = \"/var/log/natto/refused.log\"").refused_file,
            "/var/log/natto/refused.log");
  EXPECT_FALSE(log("refused = false\nrefused_file = \"/a\"").refused) << "switched off for a while";
}

TEST(ConfigFile, StartsActiveAndAloneUnlessToldOtherwise) {
  const Folder folder;
  const auto ha = [&folder](std::string_view lines) {
    return load_config(
               folder.write("natto.toml", fmt::format("{}[ha]\n{}\n", test::one_port(), lines)))
        ->ha;
  };
  EXPECT_EQ(ha("").start, Role::kActive);
  EXPECT_FALSE(ha("").peer);
  EXPECT_EQ(ha("start = \"active\"").start, Role::kActive);
  EXPECT_EQ(ha("start = \"standby\"").start, Role::kStandby);
  EXPECT_EQ(ha("peer = \"root@natto-b\"").peer, "root@natto-b");
}

TEST(ConfigFile, KnowsItself) {
  const Folder folder;
  const auto file = folder.write("natto.toml", test::one_port());
  EXPECT_EQ(load_config(file)->file, file);
}

TEST(ConfigFile, SaysNothingOfTheSocketUnlessTheFileDoes) {
  const Folder folder;
  const auto config = load_config(folder.write("natto.toml", test::one_port()));
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->api.socket);
  EXPECT_FALSE(config->api.group);
  EXPECT_FALSE(config->api.admin_group);
}

TEST(ConfigFile, TheSocketHasAnAbsolutePathThatASocketCanHave) {
  const auto mistakes = [](std::string_view line) {
    return config_mistakes(test::one_port() + fmt::format("[api]\n{}\n", line));
  };
  EXPECT_NE(
      mistakes("socket = \"natto.sock\"").find("socket: \"natto.sock\" is not an absolute path"),
      std::string::npos);
  EXPECT_EQ(mistakes(fmt::format("socket = \"/{}\"", std::string(106, 'x'))), "");
  EXPECT_NE(mistakes(fmt::format("socket = \"/{}\"", std::string(107, 'x'))).find("at most 107"),
            std::string::npos);
  EXPECT_NE(mistakes("socket = 3").find("socket"), std::string::npos);
  EXPECT_NE(mistakes("group = \"a b\"").find("1 to 32 of the characters"), std::string::npos);
  EXPECT_NE(mistakes("admin_group = []").find("admin_group"), std::string::npos);
}

TEST(ConfigFile, AcceptsPlainAndInlineTomlAlike) {
  EXPECT_EQ(config_mistakes(R"(
dpdk.lcores = "2"
table = {file = 'm.toml'}
port = [{realm = "a", device = "d", address = "10.0.0.1/24"}]
)"),
            "");
}

struct ConfigCase {
  std::string text;
  std::string_view says;
};

class ConfigMistakes : public testing::TestWithParam<ConfigCase> {};

TEST_P(ConfigMistakes, AreNamedAtTheirPlace) {
  EXPECT_EQ(config_mistakes(GetParam().text), GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, ConfigMistakes,
    testing::Values(
        ConfigCase{with_port_line("  mtuu = 1500"),
                   "natto.toml:6:3: unknown key \"mtuu\" in [[port]]; did you mean \"mtu\"?"},
        ConfigCase{
            with_port_line("vlan_stripping_mode = 1"),
            "natto.toml:6:1: unknown key \"vlan_stripping_mode\" in [[port]]; known here: realm, "
            "device, address, gateway, gateway_mac, mtu, checksum_offload, source_not_mapped, "
            "hairpin, record_route, tcp_mss_clamp, kernel_interface, kernel_packets_per_second"},
        ConfigCase{"[dkdp]\nlcores = \"1\"\n" + test::one_port(),
                   "natto.toml:1:1: unknown section \"dkdp\"; did you mean \"dpdk\"?"},
        ConfigCase{"mbufs = 5\n" + test::one_port(),
                   "natto.toml:1:1: unknown key outside of a section \"mbufs\"; known here: dpdk, "
                   "port, icmp, table, api, state, log, ha"},
        ConfigCase{
            with("device = \"0000:00:06.0\"\n", ""),
            "natto.toml:1:1: [[port]] needs \"device\" (not empty, without control characters)"},
        ConfigCase{with("realm = \"a\"\n", ""),
                   "natto.toml:1:1: [[port]] needs \"realm\" (1 to 32 of the characters A-Z a-z "
                   "0-9 _ . -)"},
        ConfigCase{
            with("file = \"mappings.toml\"\n", ""),
            "natto.toml:7:1: [table] needs \"file\" (not empty, without control characters)"},
        ConfigCase{
            with("[table]\nfile = \"mappings.toml\"\n", ""),
            "natto.toml:1:1: there is no [table]; add one that names the file of the mappings"},
        ConfigCase{
            "[table]\nfile = \"m\"\n",
            "natto.toml:1:1: there is no [[port]]; add one for each network that natto connects"},
        ConfigCase{
            "port = []\n[table]\nfile = \"m\"\n",
            "natto.toml:1:8: there is no [[port]]; add one for each network that natto connects"},
        ConfigCase{with("[[port]]", "[port]"),
                   "natto.toml:1:1: write [[port]] instead of [port]: there may be several"},
        ConfigCase{"[[dpdk]]\n" + test::one_port(),
                   "natto.toml:1:1: write one [dpdk], not an array"}));

INSTANTIATE_TEST_SUITE_P(
    Types, ConfigMistakes,
    testing::Values(
        ConfigCase{with_port_line("mtu = \"1500\""),
                   "natto.toml:6:7: mtu must be an integer, not the string \"1500\"; write it "
                   "without quotes"},
        ConfigCase{with_port_line("mtu = 1500.0"),
                   "natto.toml:6:7: mtu must be an integer, not the floating-point number 1500.0"},
        ConfigCase{with_port_line("tcp_mss_clamp = 1400.0"),
                   "natto.toml:6:17: tcp_mss_clamp must be a string or an integer, not the "
                   "floating-point number 1400.0"},
        ConfigCase{with_port_line("tcp_mss_clamp = [\"auto\"]"),
                   "natto.toml:6:17: tcp_mss_clamp must be a string or an integer, not an array"},
        ConfigCase{"dpdk = {lcores = 3}\n" + test::one_port(),
                   "natto.toml:1:18: lcores must be a string, not the integer 3; put it in quotes"},
        ConfigCase{"dpdk.eal = \"-v\"\n" + test::one_port(),
                   "natto.toml:1:12: eal must be an array of strings, not the string \"-v\"; put "
                   "it in [ ]"},
        ConfigCase{"dpdk.eal = [\"-v\", 5]\n" + test::one_port(),
                   "natto.toml:1:19: eal must be an array of strings; this is the integer 5; put "
                   "it in quotes"},
        ConfigCase{with("\"a\"", "2020-01-31"),
                   "natto.toml:2:9: realm must be a string, not the date or time 2020-01-31; put "
                   "it in quotes"},
        ConfigCase{with("\"a\"", "[\"a\"]"),
                   "natto.toml:2:9: realm must be a string, not an array"},
        ConfigCase{
            with("\"mappings.toml\"", "true"),
            "natto.toml:8:8: file must be a string, not the boolean true; put it in quotes"}));

INSTANTIATE_TEST_SUITE_P(
    Values, ConfigMistakes,
    testing::Values(
        ConfigCase{with_port_line("mtu = 67"), "natto.toml:6:7: mtu is 67; allowed: 68 to 9216"},
        ConfigCase{with_port_line("mtu = 9217"),
                   "natto.toml:6:7: mtu is 9217; allowed: 68 to 9216"},
        ConfigCase{with_port_line("mtu = -1"), "natto.toml:6:7: mtu is -1; allowed: 68 to 9216"},
        ConfigCase{with_port_line("mtu = 99999999999999999999"),
                   "natto.toml:6:7: mtu is 99999999999999999999; allowed: 68 to 9216"},
        ConfigCase{with_port_line("tcp_mss_clamp = 535"),
                   "natto.toml:6:17: tcp_mss_clamp is 535; allowed: \"off\" or \"auto\" or 536 to "
                   "9176"},
        ConfigCase{with_port_line("tcp_mss_clamp = 9177"),
                   "natto.toml:6:17: tcp_mss_clamp is 9177; allowed: \"off\" or \"auto\" or 536 to "
                   "9176"},
        ConfigCase{with_port_line("tcp_mss_clamp = \"1400\""),
                   "natto.toml:6:17: tcp_mss_clamp is \"1400\"; allowed: \"off\" or \"auto\" or "
                   "536 to 9176"},
        ConfigCase{with_port_line("kernel_interface = \"a-name-too-long0\""),
                   "natto.toml:6:20: kernel_interface is \"a-name-too-long0\"; allowed: 1 to 15 "
                   "of the characters A-Z a-z 0-9 _ . -"},
        ConfigCase{with_port_line("kernel_interface = \"natto%d\""),
                   "natto.toml:6:20: kernel_interface is \"natto%d\"; allowed: 1 to 15 of the "
                   "characters A-Z a-z 0-9 _ . -"},
        ConfigCase{
            with_port_line("kernel_interface = \"all\""),
            "natto.toml:6:20: kernel_interface: no interface can have the name \"all\"; choose "
            "another, as \"natto0\""},
        ConfigCase{with_port_line("kernel_interface = true"),
                   "natto.toml:6:20: kernel_interface must be a string, not the boolean true; put "
                   "it in quotes"},
        ConfigCase{with_port_line("kernel_packets_per_second = 0"),
                   "natto.toml:6:29: kernel_packets_per_second is 0; allowed: 1 to 100000"},
        ConfigCase{"log.refused = \"true\"\n" + test::one_port(),
                   "natto.toml:1:15: refused must be a boolean, not the string \"true\"; write it "
                   "without quotes"},
        ConfigCase{"log.refused = 1\n" + test::one_port(),
                   "natto.toml:1:15: refused must be a boolean, not the integer 1"},
        ConfigCase{"log.refused = true\nlog.refused_file = \"refused.log\"\n" + test::one_port(),
                   "natto.toml:2:20: refused_file: \"refused.log\" is not an absolute path, as "
                   "\"/var/lib/natto\""},
        ConfigCase{"log.refused_file = \"/a\"\n" + test::one_port(),
                   "natto.toml:1:20: refused_file is given, but nothing is written there: add "
                   "refused = true"},
        ConfigCase{"ha.start = \"passive\"\n" + test::one_port(),
                   "natto.toml:1:12: start is \"passive\"; allowed: \"active\" or \"standby\""},
        ConfigCase{"ha.peer = \"-oProxyCommand=x\"\n" + test::one_port(),
                   "natto.toml:1:11: peer: \"-oProxyCommand=x\" is not a destination of ssh, as "
                   "\"natto-b\" or \"root@10.0.0.2\""},
        ConfigCase{"ha.peer = \"a b\"\n" + test::one_port(),
                   "natto.toml:1:11: peer: \"a b\" is not a destination of ssh, as \"natto-b\" "
                   "or \"root@10.0.0.2\""},
        ConfigCase{"dpdk.mbufs = 511\n" + test::one_port(),
                   "natto.toml:1:14: mbufs is 511; allowed: 512 to 16777216"},
        ConfigCase{"dpdk.mbufs = 16777217\n" + test::one_port(),
                   "natto.toml:1:14: mbufs is 16777217; allowed: 512 to 16777216"},
        ConfigCase{"dpdk.main_lcore = 1024\n" + test::one_port(),
                   "natto.toml:1:19: main_lcore is 1024; allowed: 0 to 1023"},
        ConfigCase{"dpdk.lcores = \"3-1\"\n" + test::one_port(),
                   "natto.toml:1:15: lcores: the range \"3-1\" runs backwards; write \"1-3\""},
        ConfigCase{with_port_line("checksum_offload = \"on\""),
                   "natto.toml:6:20: checksum_offload is \"on\"; allowed: \"auto\" or \"off\""},
        ConfigCase{with_port_line("source_not_mapped = \"Drop\""),
                   "natto.toml:6:21: source_not_mapped is \"Drop\"; allowed: \"drop\" or \"pass\""},
        ConfigCase{with_port_line("hairpin = \"pass\""),
                   "natto.toml:6:11: hairpin is \"pass\"; allowed: \"allow\" or \"drop\""},
        ConfigCase{with_port_line("hairpin = \"drop\""),
                   "natto.toml:6:11: hairpin is \"drop\" on the only port, by which every packet "
                   "comes and leaves: none would pass; remove it, or give each company a port of "
                   "its own"},
        ConfigCase{with("\"a\"", "\"a b\""),
                   "natto.toml:2:9: realm is \"a b\"; allowed: 1 to 32 of the characters A-Z a-z "
                   "0-9 _ . -"},
        ConfigCase{"dpdk.eal = [\"-v\", \"a\\tb\"]\n" + test::one_port(),
                   "natto.toml:1:19: eal has \"a\\x09b\"; allowed in it: not empty, without "
                   "control characters"},
        ConfigCase{
            with("\"0000:00:06.0\"", "\"\""),
            "natto.toml:3:10: device is \"\"; allowed: not empty, without control characters"},
        ConfigCase{with_port_line("gateway_mac = \"ff:ff:ff:ff:ff:ff\""),
                   "natto.toml:6:15: gateway_mac: \"ff:ff:ff:ff:ff:ff\" is a group address; give "
                   "the MAC address of one host"}));

INSTANTIATE_TEST_SUITE_P(
    MainLcore, ConfigMistakes,
    testing::Values(ConfigCase{"[dpdk]\nlcores = \"0-2\"\n" + test::one_port(),
                               "natto.toml:2:10: main_lcore 0 is among the lcores 0,1,2; the "
                               "control thread and the workers need different cores"},
                    ConfigCase{"[dpdk]\nmain_lcore = 1\n" + test::one_port(),
                               "natto.toml:2:14: main_lcore 1 is among the lcores 1; the control "
                               "thread and the workers need different cores"},
                    ConfigCase{"[dpdk]\nlcores = \"0-2\"\nmain_lcore = 2\n" + test::one_port(),
                               "natto.toml:3:14: main_lcore 2 is among the lcores 0,1,2; the "
                               "control thread and the workers need different cores"}));

INSTANTIATE_TEST_SUITE_P(
    Addresses, ConfigMistakes,
    testing::Values(
        ConfigCase{with("10.33.1.124/28", "10.33.1.112/28"),
                   "natto.toml:4:11: address: 10.33.1.112 is the network address of the subnet "
                   "10.33.1.112/28, not a host's"},
        ConfigCase{with("10.33.1.124/28", "10.33.1.127/28"),
                   "natto.toml:4:11: address: 10.33.1.127 is the broadcast address of the subnet "
                   "10.33.1.112/28, not a host's"},
        ConfigCase{with("10.33.1.124/28", "127.0.0.1/8"),
                   "natto.toml:4:11: address: 127.0.0.1 is in 127.0.0.0/8 (loopback), which is "
                   "never forwarded"},
        ConfigCase{with("10.33.1.124/28", "10.33.1.124 /28"),
                   "natto.toml:4:11: address: \"10.33.1.124 /28\" is not an IPv4 address: there is "
                   "white space in it; write it like \"10.0.0.1/24\""},
        ConfigCase{
            with("10.33.1.113", "10.33.1.128"),
            "natto.toml:5:11: gateway: 10.33.1.128 is outside the port's subnet 10.33.1.112/28"},
        ConfigCase{with("10.33.1.113", "10.33.1.124"),
                   "natto.toml:5:11: gateway: 10.33.1.124 is the port's own address; give that of "
                   "the router"},
        ConfigCase{with("10.33.1.113", "10.33.1.127"),
                   "natto.toml:5:11: gateway: 10.33.1.127 is the broadcast address of the subnet "
                   "10.33.1.112/28, not a host's"},
        ConfigCase{
            with("10.33.1.124/28", "10.33.1.124"),
            "natto.toml:5:11: gateway: 10.33.1.113 is outside the port's subnet 10.33.1.124/32"},
        ConfigCase{with("10.33.1.113", "10.33.1.113/28"),
                   "natto.toml:5:11: gateway: \"10.33.1.113/28\" is not an IPv4 address; write it "
                   "like \"10.0.0.1\""}));

// RFC 3021: a /31 has two hosts and neither a network nor a broadcast address.
TEST(ConfigFile, AcceptsThePointToPointSubnet) {
  std::string text = with("10.33.1.124/28", "10.33.1.112/31");
  EXPECT_EQ(config_mistakes(text), "");
}

TEST(ConfigFile, PortsShareNothing) {
  const std::string again = R"([[port]]
realm = "a"
device = "0000:00:06.0,large_llq_hdr=1"
address = "10.33.1.124/28"
)";
  EXPECT_EQ(
      config_mistakes(test::one_port() + again),
      "natto.toml:10:9: realm \"a\" is already taken (natto.toml:2); choose another\n"
      "natto.toml:11:10: device \"0000:00:06.0\" is already taken (natto.toml:3); choose another");
}

TEST(ConfigFile, PortsHaveKernelInterfacesOfTheirOwn) {
  const std::string again = R"([[port]]
realm = "b"
device = "0000:00:07.0"
address = "10.33.2.124/28"
kernel_interface = "natto0"
)";
  EXPECT_EQ(config_mistakes(with_port_line("kernel_interface = \"natto0\"") + again),
            "natto.toml:14:20: kernel_interface \"natto0\" is already taken (natto.toml:6); choose "
            "another");
}

TEST(ConfigFile, HasAtMostThirtyTwoPorts) {
  std::string text = "table.file = \"m.toml\"\n";
  for (int i = 0; i < 33; ++i) {
    EXPECT_EQ(i == 0 ? "" : config_mistakes(text), "") << i;
    text +=
        fmt::format("[[port]]\nrealm = \"r{0}\"\ndevice = \"d{0}\"\naddress = \"10.0.0.1/8\"\n", i);
  }
  EXPECT_EQ(config_mistakes(text), "natto.toml:130:1: more than 32 ports; remove this one");
}

TEST(ConfigFile, AllMistakesComeAtOnceInOrder) {
  EXPECT_EQ(
      config_mistakes(R"([[port]]
realm = "a b"
adress = "10.0.0.1/24"
device = 7
[table]
[dpdk]
main_lcore = 1
mbufs = 1
)"),
      "natto.toml:1:1: [[port]] needs \"address\" (an IPv4 address and prefix length, as "
      "\"10.0.0.1/24\")\n"
      "natto.toml:2:9: realm is \"a b\"; allowed: 1 to 32 of the characters A-Z a-z 0-9 _ . -\n"
      "natto.toml:3:1: unknown key \"adress\" in [[port]]; did you mean \"address\"?\n"
      "natto.toml:4:10: device must be a string, not the integer 7; put it in quotes\n"
      "natto.toml:5:1: [table] needs \"file\" (not empty, without control characters)\n"
      "natto.toml:7:14: main_lcore 1 is among the lcores 1; the control thread and the workers "
      "need different cores\n"
      "natto.toml:8:9: mbufs is 1; allowed: 512 to 16777216");
}

}  // namespace
}  // namespace natto
