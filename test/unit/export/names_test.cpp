#include "export/dns_names.hpp"

#include "unit/export/tables.hpp"

namespace natto::test {
namespace {

const std::string kTable = mapping("B-Web.shop", "company-b", "10.34.1.125", "10.50.1.151") +
                           mapping("b_db", "company-b", "10.34.1.126", "10.50.1.152") +
                           mapping("b-net", "company-b", "10.34.16.0/20", "10.50.16.0/20") +
                           mapping("a-app", "company-a", "10.32.1.157", "10.60.1.1");

constexpr const char* kNoNames =
    "note: b_db: the DNS cannot hold this name\nnote: b-net: a network has no name of its own\n";

TEST(HostName, IsOfLettersDigitsAndInnerHyphens) {
  for (const char* right : {"a", "a-b", "9", "a.b-c.d9", "xn--a"}) {
    EXPECT_TRUE(exports::is_host_name(right)) << right;
  }
  for (const char* wrong : {"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "\xc3\xa4"}) {
    EXPECT_FALSE(exports::is_host_name(wrong)) << wrong;
  }
  EXPECT_TRUE(exports::is_host_name(std::string(63, 'a')));
  EXPECT_FALSE(exports::is_host_name(std::string(64, 'a')));
  const std::string label = std::string(49, 'a') + ".";
  EXPECT_TRUE(exports::is_host_name(label + label + label + label + label + "abc"));
  EXPECT_FALSE(exports::is_host_name(label + label + label + label + label + "abcd"));
}

TEST(ExportedHosts, AreNamedMappedHosts) {
  EXPECT_EQ(
      without_title(exported(
          kTable, {.format = exports::Format::kHosts, .realm = RealmId{1}, .domain = "b.example"})),
      std::string("10.50.1.151\tb-web.shop.b.example\n") + kNoNames);
  EXPECT_EQ(without_title(exported(kTable, {.format = exports::Format::kHosts})),
            std::string("10.50.1.151\tb-web.shop\n10.60.1.1\ta-app\n") + kNoNames);
}

TEST(ExportedHosts, NamesThatDifferInTheirCaseAreOne) {
  EXPECT_EQ(without_title(exported(mapping("app", "company-a", "10.32.1.1", "10.50.1.1") +
                                       mapping("App", "company-a", "10.32.1.2", "10.50.1.2"),
                                   {.format = exports::Format::kHosts})),
            "10.50.1.1\tapp\nnote: App: in the DNS this is the same name as app\n");
}

// As `aws route53 change-resource-record-sets --change-batch` takes it.
TEST(ExportedRoute53, IsAChangeBatch) {
  const std::string text = exported(
      kTable, {.format = exports::Format::kRoute53, .realm = RealmId{1}, .domain = "b.example"});
  EXPECT_NE(
      text.find("\"Comment\": \"Exported by natto " NATTO_VERSION ", realm company-b; table "),
      std::string::npos);
  EXPECT_EQ(text.substr(text.find("  \"Changes\"")), std::string(R"(  "Changes": [
    {
      "Action": "UPSERT",
      "ResourceRecordSet": {
        "Name": "b-web.shop.b.example.",
        "Type": "A",
        "TTL": 60,
        "ResourceRecords": [
          {
            "Value": "10.50.1.151"
          }
        ]
      }
    }
  ]
}
)") + kNoNames +
                                                         "note: names that the table no longer has "
                                                         "stay in the zone until you delete "
                                                         "them\n");
}

TEST(ExportedRoute53, TakesNoMoreThanAWSDoesAtOnce) {
  std::string table;
  for (int i = 0; i < 501; ++i) {
    const std::string end = std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
    table += mapping("h" + std::to_string(i), "company-a", "10.32." + end, "10.50." + end);
  }
  const exports::Options options{.format = exports::Format::kRoute53, .domain = "a.example"};
  EXPECT_EQ(exported(table, options).substr(0, 26), "error: 501 names: Route 53");
  EXPECT_EQ(exported("[[mapping]]" + table.substr(table.find("[[mapping]]", 1) + 11), options)
                .substr(0, 1),
            "{");
}

TEST(ExportedDnsmasq, RewritesAnswersAndKnowsNames) {
  EXPECT_TRUE(exported(kTable, {.format = exports::Format::kDnsmasq, .realm = RealmId{1}})
                  .starts_with("# Exported by natto " NATTO_VERSION ", realm company-b; table "));
  EXPECT_EQ(without_title(exported(
                kTable,
                {.format = exports::Format::kDnsmasq, .realm = RealmId{1}, .domain = "b.example"})),
            std::string(R"(# B-Web.shop of company-b
alias=10.34.1.125,10.50.1.151
# b_db of company-b
alias=10.34.1.126,10.50.1.152
# b-net of company-b
alias=10.34.16.0,10.50.16.0,255.255.240.0
host-record=b-web.shop.b.example,10.50.1.151
)") + kNoNames);
  EXPECT_EQ(without_title(exported(mapping("a", "company-a", "10.32.1.157", "10.60.1.1"),
                                   {.format = exports::Format::kDnsmasq})),
            "# a of company-a\nalias=10.32.1.157,10.60.1.1\n");
}

TEST(ExportedDnsmasq, WantsARealmWhereAddressesAreInSeveral) {
  const std::string table = mapping("a", "company-a", "10.34.1.0/24", "10.60.1.0/24") +
                            mapping("b", "company-b", "10.34.1.7", "10.50.1.7");
  EXPECT_EQ(exported(table, {.format = exports::Format::kDnsmasq}),
            "error: the real address 10.34.1.0/24 is in several realms, so an answer may mean one "
            "or the other; name that whose names are asked for, with --realm: company-a, "
            "company-b");
  EXPECT_EQ(
      without_title(exported(table, {.format = exports::Format::kDnsmasq, .realm = RealmId{1}})),
      "# b of company-b\nalias=10.34.1.7,10.50.1.7\n");
}

TEST(ExportedCsv, AndTransitGatewaysRulesAreTheMappings) {
  EXPECT_EQ(exported(kTable, {.format = exports::Format::kCsv}),
            "name,realm,real,mapped\nB-Web.shop,company-b,10.34.1.125,10.50.1.151\n"
            "b_db,company-b,10.34.1.126,10.50.1.152\nb-net,company-b,10.34.16.0/20,10.50.16.0/20\n"
            "a-app,company-a,10.32.1.157,10.60.1.1\n");
  EXPECT_EQ(exported(mapping("a", "company-a", "10.32.1.157", "10.60.1.1"),
                     {.format = exports::Format::kTgw}),
            R"([
  {
    "TransitGatewayAttachmentId": "company-a",
    "NatGatewayRuleSet": [
      {
        "RuleNumber": 10,
        "MatchSourceCidr": "10.32.1.157/32",
        "NatCidr": "10.60.1.1/32"
      }
    ]
  }
]
note: names of mappings are not in it: AWS has no place for them
)");
}

}  // namespace
}  // namespace natto::test
