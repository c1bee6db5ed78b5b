// A table of 65,536 hosts.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <iterator>
#include <string>

#include "unit/config/files.hpp"

namespace natto {
namespace {

constexpr unsigned kMappings = 65'536;

std::string large_table() {
  std::string text;
  for (unsigned i = 0; i < kMappings; ++i) {
    fmt::format_to(std::back_inserter(text),
                   "[[mapping]]\nname = \"host-{0}\"\nrealm = \"company-a\"\n"
                   "real = \"10.200.{1}.{2}\"\nmapped = \"172.16.{1}.{2}\"\n\n",
                   i, i >> 8, i & 0xff);
  }
  return text;
}

TEST(LargeTable, Loads) {
  const test::Folder folder;
  const auto table = load_mappings(folder.write("m.toml", large_table()), test::two_realms());
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->mappings.size(), kMappings);
  EXPECT_EQ(table->mappings.back().name, "host-65535");
  EXPECT_EQ(to_string(table->mappings.back().mapped), "172.16.255.255");
  EXPECT_EQ(table->mappings.back().line, (kMappings - 1) * 6 + 1);
}

}  // namespace
}  // namespace natto
