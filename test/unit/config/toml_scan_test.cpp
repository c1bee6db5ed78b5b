// The limits that keep toml11 safe, and what the scan passes on to it.

#include "config/toml_scan.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace natto {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

/// "offset: message", or "" for a text that passes.
std::string refusal(std::string_view text) {
  const auto result = scan_toml(text);
  const auto* mistake = std::get_if<TomlMistake>(&result);
  return mistake == nullptr ? "" : fmt::format("{}: {}", mistake->offset, mistake->message);
}

TEST(TomlScan, BlanksCommentsAndNothingElse) {
  const auto result = scan_toml("a = \"#1\" # one\r\n# two\n'#k' = '''\n# not\n''' #\xc3\xa9");
  EXPECT_EQ(std::get<ScannedToml>(result).text,
            "a = \"#1\"       \n     \n'#k' = '''\n# not\n'''    ");
}

TEST(TomlScan, FindsTheKeys) {
  const std::string_view text = "a.b = {c = 1, 'd=' = [2]}\n  e= \"=\"";
  const auto result = scan_toml(text);
  const auto& keys = std::get<ScannedToml>(result).keys;
  ASSERT_EQ(keys.size(), 4U);
  EXPECT_EQ(text.substr(keys[0].key, 3), "a.b");
  EXPECT_EQ(text.substr(keys[1].key, 1), "c");
  EXPECT_EQ(text.substr(keys[2].key, 4), "'d='");
  EXPECT_EQ(text.substr(keys[3].key, 1), "e");
  EXPECT_EQ(keys[3].equals, text.find("e=") + 1);
}

TEST(TomlScan, BoundsNesting) {
  EXPECT_EQ(refusal("a = " + repeat("[", 16) + repeat("]", 16)), "");
  EXPECT_EQ(refusal("a = " + repeat("[", 17)), "20: brackets are nested more than 16 deep");
  EXPECT_EQ(refusal(repeat("[\n", 100'000)), "32: brackets are nested more than 16 deep");
  EXPECT_EQ(refusal(repeat("{a=\n", 100'000)), "64: brackets are nested more than 16 deep");
  // Brackets in strings and comments are none, and closed ones are closed.
  EXPECT_EQ(refusal("a = '" + repeat("[", 100) + "' # " + repeat("{", 100)), "");
  EXPECT_EQ(refusal(repeat("a = [[1], [2]]\n", 1000)), "");
}

TEST(TomlScan, BoundsDottedKeys) {
  EXPECT_EQ(refusal(repeat("a . ", 15) + "a = 1"), "");
  EXPECT_EQ(refusal(repeat("a . ", 16) + "a = 1"), "62: a dotted key of more than 16 parts");
}

TEST(TomlScan, BoundsWordsLinesAndStrings) {
  EXPECT_EQ(refusal("a = " + std::string(64, '1')), "");
  EXPECT_EQ(refusal("a = " + std::string(65, '1')),
            "68: a number, date or key of more than 64 characters");

  EXPECT_EQ(refusal("#" + std::string(4095, 'x') + "\n#" + std::string(4095, 'x')), "");
  EXPECT_EQ(refusal("\n#" + std::string(4096, 'x')),
            "4097: the line is longer than 4096 bytes; break it, with one [[section]] per entry");

  EXPECT_EQ(refusal("a = '''" + repeat("x\n", 2040) + "'''"), "");
  EXPECT_EQ(refusal("a = '''" + repeat("x\n", 2050) + "'''"),
            "4: a string of more than 4096 bytes");
}

TEST(TomlScan, KnowsWhereStringsEnd) {
  EXPECT_EQ(refusal(R"(a = "\"" # ")"), "");
  EXPECT_EQ(refusal(R"(a = '\' # ')"), "");
  EXPECT_EQ(refusal("a = \"\"\n"), "");
  EXPECT_EQ(refusal("a = \"\"\"\"quoted\"\"\"\"\"\n"), "");
  EXPECT_EQ(refusal("a = ''''quoted''''\n"), "");
  EXPECT_EQ(refusal("a = \"\"\"x\\  \n   y\"\"\""), "");
  EXPECT_EQ(refusal("a = \"\"\"x\\ \""),
            "8: unknown escape in a string; write a backslash as \\\\, or the text in '...'");
  EXPECT_EQ(refusal("a = \"x\\"),
            "6: unknown escape in a string; write a backslash as \\\\, or the text in '...'");
  EXPECT_EQ(refusal(R"(a = "\u00e9\U0001F600\t")"), "");
  EXPECT_EQ(refusal(R"(a = "\U00110000")"),
            "5: \\U needs the 8 hexadecimal digits of a Unicode character");
  EXPECT_EQ(refusal(R"(a = "\u12")"),
            "5: \\u needs the 4 hexadecimal digits of a Unicode character");
}

}  // namespace
}  // namespace natto
