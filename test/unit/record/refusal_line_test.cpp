#include "record/refusal_line.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "explain/mapping_index.hpp"
#include "packet/wire.hpp"
#include "table/loader.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

using enum DropReason;
using Kind = Refusal::Kind;

// 2026-01-31 12:00:00.125 UTC, by date(1).
constexpr std::chrono::system_clock::time_point kNow{std::chrono::milliseconds(1769860800125)};

constexpr std::string_view kRules = R"(
[policy]
default = "deny"
[[allow]]
name = "orders"
from = "app"
to = "orders"
protocol = "tcp"
ports = [443]
[[allow]]
name = "files"
from = "app"
to = "orders"
protocol = "tcp"
ports = [8443]
[[limit]]
name = "app out"
from = "app"
packets_per_second = 1
[[limit]]
name = "all"
to = "realm:company-b"
packets_per_second = 1
)";

class RefusalLine : public testing::Test {
 protected:
  RefusalLine() {
    const auto file = folder_.write(
        "mappings.toml", test::mapping("app", "company-a", "10.1.1.10", "172.31.1.10") +
                             test::mapping("orders", "company-b", "10.2.7.0/24", "172.30.7.0/24") +
                             std::string(kRules));
    table_ = load_mappings(file, config_).value();
  }

  [[nodiscard]] std::string line(const Refusal& refusal) const {
    const MappingIndex index(table_);
    return refusal_line(refusal,
                        {.source = index.find_real(refusal.flow.realm, refusal.flow.source),
                         .destination = index.find_mapped(refusal.flow.destination)},
                        table_, config_, kNow);
  }
  [[nodiscard]] nlohmann::json json(const Refusal& refusal) const {
    return nlohmann::json::parse(line(refusal));
  }

  test::Folder folder_;
  Config config_ = test::two_realms();
  MappingTable table_;
};

Refusal from_app(DropReason reason, std::uint16_t port) {
  return {.kind = Kind::kNew,
          .flow = {.source = Ipv4Address::of(10, 1, 1, 10),
                   .destination = Ipv4Address::of(172, 30, 7, 20),
                   .realm = 0,
                   .reason = reason,
                   .protocol = protocol::kTcp,
                   .destination_port = port,
                   .source_port = 41022},
          .count = {.packets = 3, .bytes = 180}};
}

TEST_F(RefusalLine, TellsWhoTriedWhatAndTheRuleThatNearlyFits) {
  EXPECT_EQ(line(from_app(kNotAllowed, 22)),
            R"({"time":"2026-01-31T12:00:00.125Z","refused":"new","reason":"not_allowed",)"
            R"("realm":"company-a","source":"10.1.1.10","source_mapped":"172.31.1.10",)"
            R"("source_mapping":"app","destination":"172.30.7.20","destination_real":"10.2.7.20",)"
            R"("destination_mapping":"orders","destination_realm":"company-b","protocol":"tcp",)"
            R"("source_port":41022,"destination_port":22,"nearest_rule":"orders","packets":3,)"
            R"("bytes":180})");
}

TEST_F(RefusalLine, NamesTheRuleThatLetsOnlyTheOtherSideOpen) {
  Refusal refusal = from_app(kOpenedByOtherSide, 41022);
  refusal.kind = Kind::kGoesOn;
  refusal.flow.source = Ipv4Address::of(10, 2, 7, 20);
  refusal.flow.destination = Ipv4Address::of(172, 31, 1, 10);
  refusal.flow.realm = 1;
  refusal.flow.source_port = 8443;
  const auto told = json(refusal);
  EXPECT_EQ(told["refused"], "goes on");
  EXPECT_EQ(told["nearest_rule"], "files");
  EXPECT_EQ(told["destination_mapping"], "app");
}

TEST_F(RefusalLine, NamesTheLimitsThatHold) {
  EXPECT_EQ(json(from_app(kOverLimit, 443))["limits"], (nlohmann::json{"app out", "all"}));
}

TEST_F(RefusalLine, LeavesOutWhatNoMappingOrRuleKnowsAndThePortsThatAPacketHasNot) {
  Refusal refusal = from_app(kSourceNotMapped, 0);
  refusal.flow.source = Ipv4Address::of(10, 1, 9, 9);
  refusal.flow.protocol = protocol::kIcmp;
  refusal.flow.source_port = 0;
  auto told = json(refusal);
  for (const char* key : {"source_mapped", "source_mapping", "source_port", "destination_port",
                          "nearest_rule", "limits"}) {
    EXPECT_FALSE(told.contains(key)) << key;
  }
  EXPECT_EQ(told["destination_mapping"], "orders");
  EXPECT_EQ(told["protocol"], "icmp");

  refusal.flow.reason = kDestinationNotMapped;
  refusal.flow.destination = Ipv4Address::of(172, 30, 9, 9);
  told = json(refusal);
  EXPECT_FALSE(told.contains("destination_real"));
  EXPECT_FALSE(told.contains("destination_realm"));
}

TEST_F(RefusalLine, OthersHaveAReasonAndPackets) {
  EXPECT_EQ(line({.kind = Kind::kOthers,
                  .flow = {.reason = kNotAllowed},
                  .count = {.packets = 7, .bytes = 0}}),
            R"({"time":"2026-01-31T12:00:00.125Z","refused":"others","reason":"not_allowed",)"
            R"("packets":7})");
}

TEST_F(RefusalLine, IsOneLineOfJsonWhateverAName) {
  table_.mappings[0].name = "quote\" back\\slash\nline\x01 \xff";
  const std::string told = line(from_app(kNotAllowed, 22));
  EXPECT_EQ(told.find('\n'), std::string::npos);
  EXPECT_NE(told.find(R"("source_mapping":"quote\" back\\slash\nline\u0001 \ufffd")"),
            std::string::npos)
      << told;
}

}  // namespace
}  // namespace natto
