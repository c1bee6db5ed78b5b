#include "table/table_diff.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

Config two_realms() {
  Config config;
  config.ports.resize(2);
  config.ports[0].realm = "a";
  config.ports[1].realm = "b";
  return config;
}

Mapping make(std::string name, RealmId realm, std::string_view real, std::string_view mapped,
             std::uint32_t line = 1) {
  return {.name = std::move(name),
          .realm = realm,
          .real = parse_ipv4_prefix(real).value(),
          .mapped = parse_ipv4_prefix(mapped).value(),
          .line = line};
}

std::string diff(const MappingTable& before, const MappingTable& after) {
  return to_string(diff_tables(before, after, two_realms()), two_realms());
}

TEST(TableDiff, SaysWhatWasAddedRemovedAndChanged) {
  const MappingTable before{{make("gone", 0, "10.0.0.1", "172.16.0.1"),
                             make("same", 0, "10.0.0.2", "172.16.0.2", 6),
                             make("moved", 0, "10.0.0.3", "172.16.0.3")}};
  const MappingTable after{{make("moved", 1, "10.0.0.3", "172.16.0.3"),
                            make("new", 1, "10.1.0.0/24", "172.16.1.0/24"),
                            make("same", 0, "10.0.0.2", "172.16.0.2", 99)}};
  EXPECT_EQ(diff(before, after),
            "+ new: b 10.1.0.0/24 <-> 172.16.1.0/24\n"
            "- gone: a 10.0.0.1 <-> 172.16.0.1\n"
            "~ moved: a 10.0.0.3 <-> 172.16.0.3 -> b 10.0.0.3 <-> 172.16.0.3\n");
}

TEST(TableDiff, EitherAddressMakesAChange) {
  const MappingTable before{{make("x", 0, "10.0.0.1", "172.16.0.1")}};
  EXPECT_EQ(
      diff_tables(before, {{make("x", 0, "10.0.0.2", "172.16.0.1")}}, two_realms()).changed.size(),
      1U);
  EXPECT_EQ(
      diff_tables(before, {{make("x", 0, "10.0.0.1", "172.16.0.2")}}, two_realms()).changed.size(),
      1U);
  EXPECT_EQ(diff(before, before), "");
}

TEST(TableDiff, ARenameIsARemovalAndAnAddition) {
  const TableDiff renamed = diff_tables({{make("x", 0, "10.0.0.1", "172.16.0.1")}},
                                        {{make("y", 0, "10.0.0.1", "172.16.0.1")}}, two_realms());
  EXPECT_EQ(renamed.added.size(), 1U);
  EXPECT_EQ(renamed.removed.size(), 1U);
  EXPECT_TRUE(renamed.changed.empty());
}

}  // namespace
}  // namespace natto
