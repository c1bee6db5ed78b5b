// The order of instances was calculated with Python.

#include <map>
#include <nlohmann/json.hpp>

#include "export/shards.hpp"
#include "unit/export/tables.hpp"

namespace natto::test {
namespace {

using Instances = std::vector<unsigned>;

nlohmann::json aws(const std::string& table, const std::optional<exports::Shard>& shard = {},
                   const Config& config = two_realms()) {
  return nlohmann::json::parse(
      exported(table, {.format = exports::Format::kAws, .shard = shard}, config));
}

TEST(ExportedAws, IsWhatEachInterfaceNeeds) {
  std::string table = mapping("a-app", "company-a", "10.32.1.157", "10.2.0.18") +
                      mapping("a-net", "company-a", "10.32.2.0/27", "10.2.0.64/27") +
                      mapping("a-far", "company-a", "10.32.16.0/20", "10.50.0.0/20") +
                      mapping("b-pair", "company-b", "10.34.1.2/31", "10.1.0.20/31");
  for (int i = 0; i < 16; ++i) {
    table += mapping("a-" + std::to_string(i), "company-a", "10.32.3." + std::to_string(i),
                     "10.2.0." + std::to_string(112 + i));
  }
  const auto ports = aws(table)["ports"];
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0]["realm"], "company-a");
  EXPECT_EQ(ports[0]["address"], "10.1.0.1/24");
  EXPECT_EQ(ports[0]["addresses"],
            nlohmann::json::parse(R"([{"address": "10.1.0.20"}, {"address": "10.1.0.21"}])"));
  EXPECT_EQ(ports[0]["prefixes"], nlohmann::json::array());
  EXPECT_EQ(ports[0]["routes"], nlohmann::json::array());
  EXPECT_EQ(ports[1]["addresses"], nlohmann::json::parse(R"([{"address": "10.2.0.18"}])"));
  EXPECT_EQ(
      ports[1]["prefixes"],
      nlohmann::json::parse(
          R"([{"prefix": "10.2.0.64/28"}, {"prefix": "10.2.0.80/28"}, {"prefix": "10.2.0.112/28"}])"));
  EXPECT_EQ(ports[1]["routes"], nlohmann::json::parse(R"([{"destination": "10.50.0.0/20"}])"));
}

TEST(ExportedAws, OnePortHasAllOfIt) {
  Config config = two_realms();
  config.ports.pop_back();
  const auto port = aws(mapping("one", "company-a", "10.32.1.1", "10.1.0.9") +
                            mapping("far", "company-a", "10.32.1.2", "10.50.0.1"),
                        {}, config)["ports"][0];
  EXPECT_EQ(port["addresses"], nlohmann::json::parse(R"([{"address": "10.1.0.9"}])"));
  EXPECT_EQ(port["routes"], nlohmann::json::parse(R"([{"destination": "10.50.0.1/32"}])"));
}

TEST(ExportedAws, ASubnetOfAVpcIsNoLargerThanASixteenth) {
  Config config = two_realms();
  config.ports[1].address.length = 15;
  EXPECT_EQ(exported(mapping("a", "company-a", "10.32.1.1", "10.2.0.9"),
                     {.format = exports::Format::kAws}, config)
                .substr(0, 60),
            "error: a: 10.2.0.9 is no part of a subnet of a VPC; that of ");
}

TEST(Shards, FollowTheDocumentedHash) {
  EXPECT_EQ(exports::instances_for("company-b 10.2.0.18", 3), (Instances{2, 3, 1}));
  EXPECT_EQ(exports::instances_for("company-b 10.2.0.64/28", 3), (Instances{2, 1, 3}));
  EXPECT_EQ(exports::instances_for("company-b 10.50.0.0/20", 3), (Instances{1, 3, 2}));
}

TEST(Shards, TogetherAreAllAndNoneIsInTwo) {
  const std::string table = mapping("a-net", "company-a", "10.32.2.0/25", "10.2.0.128/25");
  std::map<std::string, int> seen;
  for (unsigned index = 1; index <= 3; ++index) {
    const auto document = aws(table, exports::Shard{.index = index, .count = 3});
    EXPECT_EQ(document["shard"], (nlohmann::json{{"instance", index}, {"of", 3}}));
    for (const auto& item : document["ports"][1]["prefixes"]) {
      ++seen[item["prefix"]];
      const auto then = item["then"].get<Instances>();
      EXPECT_EQ(then.size(), 2U);
      EXPECT_EQ(std::ranges::find(then, index), then.end());
    }
  }
  EXPECT_EQ(seen.size(), 8U);
  for (const auto& [prefix, times] : seen) {
    EXPECT_EQ(times, 1) << prefix;
  }
}

TEST(Shards, AreOfLikeSizeAndTheLossOfOneMovesItsShareAlone) {
  constexpr unsigned kItems = 10'000;
  constexpr unsigned kInstances = 5;
  std::map<unsigned, unsigned> share;
  for (unsigned i = 0; i < kItems; ++i) {
    const std::string item =
        "company-b 10.2." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    const Instances order = exports::instances_for(item, kInstances);
    ++share[order[0]];
    // Instance 5 is lost, or was never there: all others keep what they had.
    Instances fewer = order;
    std::erase(fewer, kInstances);
    EXPECT_EQ(exports::instances_for(item, kInstances - 1), fewer);
  }
  for (const auto& [instance, items] : share) {
    EXPECT_NEAR(items, kItems / kInstances, 200) << instance;
  }
}

}  // namespace
}  // namespace natto::test
