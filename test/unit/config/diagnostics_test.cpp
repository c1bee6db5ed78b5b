#include "config/diagnostics.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

TEST(Diagnostics, SortsByPositionAndKeepsTheOrderAtOnePlace) {
  Diagnostics diagnostics("conf/natto.toml");
  EXPECT_TRUE(diagnostics.empty());
  diagnostics.add({10, 1}, "e");
  diagnostics.add({9, 12}, "d");
  diagnostics.add({9, 3}, "b");
  diagnostics.add({9, 3}, "c");
  diagnostics.add({1, 80}, "a");
  EXPECT_FALSE(diagnostics.empty());
  EXPECT_EQ(diagnostics.render(),
            "conf/natto.toml:1:80: a\n"
            "conf/natto.toml:9:3: b\n"
            "conf/natto.toml:9:3: c\n"
            "conf/natto.toml:9:12: d\n"
            "conf/natto.toml:10:1: e");
}

TEST(Diagnostics, WarningsAreNoErrors) {
  Diagnostics diagnostics("m.toml");
  diagnostics.warn({9, 1}, "b");
  diagnostics.warn({2, 5}, "a");
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_EQ(diagnostics.render(), "");
  EXPECT_EQ(diagnostics.render_warnings(),
            (std::vector<std::string>{"m.toml:2:5: warning: a", "m.toml:9:1: warning: b"}));
  for (std::uint32_t i = 0; i < Diagnostics::kMostWarnings; ++i) {
    diagnostics.warn({100 + i, 1}, "more");
  }
  const auto lines = diagnostics.render_warnings();
  ASSERT_EQ(lines.size(), Diagnostics::kMostWarnings + 1);
  EXPECT_EQ(lines.back(), "m.toml: and 2 more warnings");
}

TEST(Diagnostics, NamesAPlace) { EXPECT_EQ(Diagnostics("m.toml").place(7), "m.toml:7"); }

TEST(InQuotes, ShowsControlCharacters) {
  EXPECT_EQ(in_quotes("a\nb\x1b[1m\x7f"), R"("a\x0ab\x1b[1m\x7f")");
  EXPECT_EQ(in_quotes(std::string_view("\0", 1)), R"("\x00")");
}

TEST(InQuotes, CutsBetweenCharacters) {
  EXPECT_EQ(in_quotes(std::string(80, 'x')), '"' + std::string(80, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(81, 'x')), '"' + std::string(80, 'x') + "...\"");
  // The 80th byte is the first of the two of "é".
  EXPECT_EQ(in_quotes(std::string(79, 'x') + "ééé"), '"' + std::string(79, 'x') + "...\"");
}

}  // namespace
}  // namespace natto
