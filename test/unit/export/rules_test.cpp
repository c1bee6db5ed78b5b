// Rules as a person writes them for these tables. What they do with packets is in test/parity.

#include <nlohmann/json.hpp>

#include "unit/export/tables.hpp"

namespace natto::test {
namespace {

const std::string kTwoHosts = mapping("a-app", "company-a", "10.32.1.157", "10.2.0.145") +
                              mapping("b-net", "company-b", "10.34.1.0/24", "10.50.1.0/24");

TEST(ExportedIptables, TranslateBothEndsAndPassKnownHosts) {
  EXPECT_EQ(without_title(exported(kTwoHosts, {.format = exports::Format::kIptables})),
            R"(# Load it with iptables-restore.
# note: an interface is called as the realm behind it, or as --interface says
# note: the kernel keeps connections: what follows an allowed packet passes by its connection, not by its port
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 10.2.0.145/32 -m comment --comment "a-app" -j DNAT --to-destination 10.32.1.157
-A PREROUTING -d 10.50.1.0/24 -m comment --comment "b-net" -j NETMAP --to 10.34.1.0/24
-A POSTROUTING -s 10.32.1.157/32 -m comment --comment "a-app" -j SNAT --to-source 10.2.0.145
-A POSTROUTING -s 10.34.1.0/24 -m comment --comment "b-net" -j NETMAP --to 10.50.1.0/24
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:natto-receivers - [0:0]
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -s 10.32.1.157/32 -i company-a -m comment --comment "a-app" -j natto-receivers
-A FORWARD -s 10.34.1.0/24 -i company-b -m comment --comment "b-net" -j natto-receivers
-A natto-receivers -d 10.32.1.157/32 -o company-a -m conntrack --ctstate DNAT -m comment --comment "a-app" -j ACCEPT
-A natto-receivers -d 10.34.1.0/24 -o company-b -m conntrack --ctstate DNAT -m comment --comment "b-net" -j ACCEPT
COMMIT
note: an interface is called as the realm behind it, or as --interface says
note: the kernel keeps connections: what follows an allowed packet passes by its connection, not by its port
)");
}

/// The lines that begin so.
std::string lines(const std::string& text, const std::string& begin) {
  std::string found;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text.compare(at, begin.size(), begin) == 0) {
      found += text.substr(at, text.find('\n', at) + 1 - at);
    }
  }
  return found;
}

TEST(ExportedIptables, SayThePolicy) {
  const std::string policy =
      "[policy]\ndefault = \"deny\"\n"
      "[[allow]]\nname = \"web\"\nfrom = \"a-app\"\nto = \"company-b:10.34.1.16/28\"\n"
      "protocol = \"tcp\"\n"
      "ports = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, \"443-444\"]\n"
      "[[allow]]\nname = \"ping\"\nbetween = [\"a-app\", \"realm:company-b\"]\n"
      "protocol = \"icmp\"\n";
  const std::string text = exported(kTwoHosts + policy, {.format = exports::Format::kIptables,
                                                         .interfaces = {{"company-b", "eth1"}}});
  EXPECT_EQ(
      lines(text, "-A natto-allowed"),
      R"(-A natto-allowed -s 10.32.1.157/32 -d 10.34.1.16/28 -i company-a -o eth1 -p 6 -m multiport --dports 1,3,5,7,9,11,13,15,17,19,21,23,25,27 -m comment --comment "web" -j ACCEPT
-A natto-allowed -s 10.32.1.157/32 -d 10.34.1.16/28 -i company-a -o eth1 -p 6 -m multiport --dports 443:444 -m comment --comment "web" -j ACCEPT
-A natto-allowed -s 10.32.1.157/32 -i company-a -o eth1 -p 1 -m comment --comment "ping" -j ACCEPT
-A natto-allowed -d 10.32.1.157/32 -i eth1 -o company-a -p 1 -m comment --comment "ping" -j ACCEPT
-A natto-allowed -j REJECT --reject-with icmp-admin-prohibited
)");
  EXPECT_EQ(
      lines(text, "-A natto-receivers -d 10.32.1.157/32"),
      "-A natto-receivers -d 10.32.1.157/32 -o company-a -m conntrack --ctstate DNAT -m comment "
      "--comment \"a-app\" -j natto-allowed\n");
}

TEST(ExportedIptables, RefuseSilentlyIfThePolicyDoes) {
  const std::string policy =
      "[policy]\ndefault = \"deny\"\nanswer = \"drop\"\n"
      "[[allow]]\nname = \"all\"\nbetween = [\"a-app\", \"b-net\"]\n";
  EXPECT_EQ(
      lines(exported(kTwoHosts + policy, {.format = exports::Format::kIptables}),
            "-A natto-allowed"),
      R"(-A natto-allowed -s 10.32.1.157/32 -d 10.34.1.0/24 -i company-a -o company-b -m comment --comment "all" -j ACCEPT
-A natto-allowed -s 10.34.1.0/24 -d 10.32.1.157/32 -i company-b -o company-a -m comment --comment "all" -j ACCEPT
)");
}

TEST(ExportedIptables, OneRealmNeedsNoInterfaces) {
  Config config = two_realms();
  config.ports.pop_back();
  const std::string text = exported(mapping("one", "company-a", "10.32.1.1", "10.50.0.1"),
                                    {.format = exports::Format::kIptables}, config);
  EXPECT_EQ(text.find(" -i "), std::string::npos);
  EXPECT_EQ(text.find(" -o "), std::string::npos);
}

TEST(ExportedIptables, AClosedHairpinAndSharedRealAddressesNameInterfaces) {
  Config config = two_realms();
  config.ports[0].hairpin = Hairpin::kDrop;
  EXPECT_EQ(
      lines(exported(kTwoHosts, {.format = exports::Format::kIptables}, config), "-A PREROUTING"),
      R"(-A PREROUTING -d 10.2.0.145/32 -i company-b -m comment --comment "a-app" -j DNAT --to-destination 10.32.1.157
-A PREROUTING -d 10.50.1.0/24 -m comment --comment "b-net" -j NETMAP --to 10.34.1.0/24
)");
  const std::string shared =
      exported(mapping("a-app", "company-a", "10.34.1.157", "10.2.0.145") +
                   mapping("b-net", "company-b", "10.34.1.0/24", "10.50.1.0/24"),
               {.format = exports::Format::kIptables});
  EXPECT_EQ(
      lines(shared, "-A POSTROUTING"),
      R"(-A POSTROUTING -s 10.34.1.157/32 -o company-b -m comment --comment "a-app" -j SNAT --to-source 10.2.0.145
-A POSTROUTING -s 10.34.1.0/24 -o company-a -m comment --comment "b-net" -j NETMAP --to 10.50.1.0/24
)");
  EXPECT_NE(shared.find("2 mapping(s) are in several realms"), std::string::npos);
}

TEST(ExportedIptables, AnAddressThatStaysIsNotTranslatedForTheKernel) {
  const std::string text = exported(mapping("stays", "company-a", "10.35.0.1", "10.35.0.1"),
                                    {.format = exports::Format::kIptables});
  EXPECT_EQ(lines(text, "-A natto-receivers"),
            "-A natto-receivers -d 10.35.0.1/32 -o company-a -m comment --comment \"stays\" "
            "-j ACCEPT\n");
}

TEST(ExportedIptables, ALongRealmIsNoInterface) {
  Config config = two_realms();
  config.ports[0].realm = "a-company-of-16c";
  const std::string table = mapping("one", "company-b", "10.32.1.1", "10.50.0.1");
  EXPECT_EQ(exported(table, {.format = exports::Format::kIptables}, config),
            "error: no interface can be called a-company-of-16c: name that of realm "
            "a-company-of-16c with --interface a-company-of-16c=NAME");
  EXPECT_NE(
      exported(table,
               {.format = exports::Format::kIptables, .interfaces = {{"a-company-of-16c", "eth0"}}},
               config)
          .find("COMMIT"),
      std::string::npos);
}

TEST(ExportedNft, IsTheSameAsJson) {
  const std::string text = exported(kTwoHosts +
                                        "[policy]\ndefault = \"deny\"\n"
                                        "[[allow]]\nname = \"web\"\nfrom = \"a-app\"\n"
                                        "to = \"b-net\"\nprotocol = \"tcp\"\n"
                                        "ports = [443, \"8000-8099\"]\n",
                                    {.format = exports::Format::kNft});
  const auto document = nlohmann::json::parse(text.substr(0, text.find("note: ")));
  std::vector<nlohmann::json> rules;
  for (const auto& object : document["nftables"]) {
    if (object.contains("rule")) {
      rules.push_back(object["rule"]);
    }
  }
  ASSERT_EQ(rules.size(), 11U);
  EXPECT_EQ(rules[0], nlohmann::json::parse(R"({
    "family": "ip", "table": "natto", "chain": "prerouting", "comment": "a-app", "expr": [
      {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}},
                 "right": "10.2.0.145"}},
      {"dnat": {"addr": "10.32.1.157"}}]})"));
  EXPECT_EQ(rules[3], nlohmann::json::parse(R"({
    "family": "ip", "table": "natto", "chain": "postrouting", "comment": "b-net", "expr": [
      {"snat": {"family": "ip", "flags": "netmap", "type_flags": "prefix", "addr": {"map": {
        "key": {"payload": {"protocol": "ip", "field": "saddr"}},
        "data": {"set": [[{"prefix": {"addr": "10.34.1.0", "len": 24}},
                          {"prefix": {"addr": "10.50.1.0", "len": 24}}]]}}}}}]})"));
  EXPECT_EQ(rules[9], nlohmann::json::parse(R"({
    "family": "ip", "table": "natto", "chain": "natto-allowed", "comment": "web", "expr": [
      {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "company-a"}},
      {"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "company-b"}},
      {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
                 "right": "10.32.1.157"}},
      {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}},
                 "right": {"prefix": {"addr": "10.34.1.0", "len": 24}}}},
      {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 6}},
      {"match": {"op": "==", "left": {"payload": {"protocol": "th", "field": "dport"}},
                 "right": {"set": [443, {"range": [8000, 8099]}]}}},
      {"accept": null}]})"));
}

}  // namespace
}  // namespace natto::test
