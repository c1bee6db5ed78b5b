// Expected digests: printf 'name\trealm\treal\tmapped\n' | sha256sum.

#include "table/table_digest.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

Config two_realms() {
  Config config;
  config.ports.resize(2);
  config.ports[0].realm = "company-a";
  config.ports[1].realm = "company-b";
  return config;
}

const Mapping kHost{.name = "a-app",
                    .realm = 0,
                    .real = parse_ipv4_prefix("10.32.1.157").value(),
                    .mapped = parse_ipv4_prefix("10.33.1.145").value(),
                    .line = 1};
const Mapping kNet{.name = "b-offices",
                   .realm = 1,
                   .real = parse_ipv4_prefix("10.34.0.0/20").value(),
                   .mapped = parse_ipv4_prefix("10.50.0.0/20").value(),
                   .line = 6};

TEST(TableDigest, IsTheSha256OfTheCanonicalText) {
  EXPECT_EQ(table_digest({{kHost, kNet}}, two_realms()),
            "afccdb9bbbfdc16c3fbeb84369af766037497c56f3bc1d9ad26508823d21388b");
}

TEST(TableDigest, OrderAndLinesDoNotMatter) {
  Mapping elsewhere = kHost;
  elsewhere.line = 100;
  EXPECT_EQ(table_digest({{kHost, kNet}}, two_realms()),
            table_digest({{kNet, elsewhere}}, two_realms()));
}

TEST(TableDigest, EveryFieldMatters) {
  const std::string digest = table_digest({{kHost}}, two_realms());
  Mapping other = kHost;
  other.name = "a-apq";
  EXPECT_NE(table_digest({{other}}, two_realms()), digest);
  other = kHost;
  other.realm = 1;
  EXPECT_NE(table_digest({{other}}, two_realms()), digest);
  other = kHost;
  other.real = parse_ipv4_prefix("10.32.1.158").value();
  EXPECT_NE(table_digest({{other}}, two_realms()), digest);
  other = kHost;
  other.mapped = parse_ipv4_prefix("10.33.1.146").value();
  EXPECT_NE(table_digest({{other}}, two_realms()), digest);
}

TEST(TableDigest, OfNoMappings) {
  EXPECT_EQ(table_digest({}, two_realms()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace natto
