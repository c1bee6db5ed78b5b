// Where the values and keys of a TOML text are, and what is said about one that is no TOML.

#include "config/toml/document.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace natto {
namespace {

using namespace std::string_view_literals;

TomlValue parse(std::string_view text) {
  Diagnostics diagnostics("f");
  auto root = parse_toml(std::string(text), diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return root.value_or(TomlValue{});
}

std::string mistake(std::string_view text) {
  Diagnostics diagnostics("f");
  EXPECT_FALSE(parse_toml(std::string(text), diagnostics)) << text;
  return diagnostics.render();
}

TEST(TomlDocument, PlacesKeysAndValues) {
  const TomlValue root = parse(
      "# a comment\n"
      "first = 1\n"
      "\n"
      "  [dpdk]\n"
      "\tlcores =   \"1-3\" # another\n"
      "\"quoted = key\"=-5\n"
      "[[port]]\n"
      "a . b = [ 1,\n"
      "   'two' ]\n");
  const TomlValue* first = root.find("first");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->key_position, (Position{2, 1}));
  EXPECT_EQ(first->position, (Position{2, 9}));
  EXPECT_EQ(first->integer, 1);

  const TomlValue* dpdk = root.find("dpdk");
  ASSERT_NE(dpdk, nullptr);
  EXPECT_EQ(dpdk->key_position, (Position{4, 3}));
  EXPECT_EQ(dpdk->position, (Position{4, 3}));
  EXPECT_EQ(dpdk->find("lcores")->key_position, (Position{5, 2}));
  EXPECT_EQ(dpdk->find("lcores")->position, (Position{5, 13}));
  EXPECT_EQ(dpdk->find("lcores")->text, "1-3");
  EXPECT_EQ(dpdk->find("quoted = key")->key_position, (Position{6, 1}));
  EXPECT_EQ(dpdk->find("quoted = key")->position, (Position{6, 16}));
  EXPECT_EQ(dpdk->find("quoted = key")->integer, -5);

  const TomlValue* ports = root.find("port");
  ASSERT_NE(ports, nullptr);
  ASSERT_EQ(ports->children.size(), 1U);
  EXPECT_EQ(ports->children[0].position, (Position{7, 1}));
  const TomlValue* b = ports->children[0].find("a")->find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->key_position, (Position{8, 1}));
  EXPECT_EQ(b->position, (Position{8, 9}));
  EXPECT_EQ(b->children[0].position, (Position{8, 11}));
  EXPECT_EQ(b->children[1].position, (Position{9, 4}));
  EXPECT_EQ(b->children[1].text, "two");
}

TEST(TomlDocument, PlacesTheMembersOfInlineTables) {
  const TomlValue root = parse("m = [\n  {name = \"x\", real = 5},\n]\n");
  const TomlValue& table = root.find("m")->children.at(0);
  EXPECT_EQ(table.position, (Position{2, 3}));
  EXPECT_EQ(table.find("name")->key_position, (Position{2, 4}));
  EXPECT_EQ(table.find("real")->key_position, (Position{2, 16}));
  EXPECT_EQ(table.find("real")->position, (Position{2, 23}));
}

TEST(TomlDocument, CountsCharactersNotBytesAndNoByteOrderMark) {
  const TomlValue root = parse("\xef\xbb\xbf\"k\u00e9y\" = {\"\u20ac\" = 1, x = 2}\r\ny = 3\r\n");
  EXPECT_EQ(root.find("k\u00e9y")->key_position, (Position{1, 1}));
  EXPECT_EQ(root.find("k\u00e9y")->position, (Position{1, 9}));
  EXPECT_EQ(root.find("k\u00e9y")->find("x")->key_position, (Position{1, 19}));
  EXPECT_EQ(root.find("y")->position, (Position{2, 5}));
}

TEST(TomlDocument, KeepsScalarsAsWritten) {
  const TomlValue root =
      parse("a = 99999999999999999999\nb = 1_000\nc = 1.50\nd = 2020-01-31\ne = true\n");
  EXPECT_EQ(root.find("a")->type, TomlType::kInteger);
  EXPECT_EQ(root.find("a")->text, "99999999999999999999");
  EXPECT_EQ(root.find("b")->integer, 1000);
  EXPECT_EQ(root.find("c")->type, TomlType::kFloat);
  EXPECT_EQ(root.find("c")->text, "1.50");
  EXPECT_EQ(root.find("d")->type, TomlType::kDateOrTime);
  EXPECT_EQ(root.find("d")->text, "2020-01-31");
  EXPECT_EQ(root.find("e")->type, TomlType::kBoolean);
}

TEST(TomlDocument, AnEmptyTextIsAnEmptyTable) {
  EXPECT_TRUE(parse("").children.empty());
  EXPECT_TRUE(parse("\n# nothing\n").children.empty());
}

struct SyntaxCase {
  std::string_view text;
  std::string_view says;
};

class TomlSyntax : public testing::TestWithParam<SyntaxCase> {};

TEST_P(TomlSyntax, IsOneLineAtTheRightPlace) {
  EXPECT_EQ(mistake(GetParam().text), GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Statements, TomlSyntax,
    testing::Values(
        SyntaxCase{"mtu 1500", "f:1:4: expected \"=\" after the key"},
        SyntaxCase{"a = 1\n\n  mtu : 1500\n", "f:3:6: expected \"=\" after the key"},
        SyntaxCase{"a = 1\r\nb\r\n", "f:2:2: expected \"=\" after the key"},
        SyntaxCase{"a = \nb = 1", "f:1:5: expected a value after \"=\""},
        SyntaxCase{"= 1", "f:1:1: expected a key before \"=\""},
        SyntaxCase{"[port", "f:1:1: expected a key, a [section] or a [[section]]"},
        SyntaxCase{"a = 1\n[[port]\n", "f:2:1: expected a key, a [section] or a [[section]]"},
        SyntaxCase{"[port] a = 1", "f:1:8: unexpected text after the section's header"},
        SyntaxCase{"a = 1\na = 2\n", "f:2:1: defined already on line 1; keep one"},
        SyntaxCase{"[d]\nx=1\n  y.z = 2\n y.z = 3\n", "f:4:2: defined already on line 3; keep one"},
        SyntaxCase{"[d]\n[e]\n[d]\n", "f:3:1: defined already on line 1; keep one"},
        SyntaxCase{"m = []\n[[m]]\n", "f:2:1: defined already on line 1; keep one"},
        SyntaxCase{"[[m]]\n[m]\n", "f:2:1: defined already on line 1; keep one"}));

INSTANTIATE_TEST_SUITE_P(
    Values, TomlSyntax,
    testing::Values(
        SyntaxCase{"real = 10.0.0.1",
                   "f:1:8: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = \"x\" b = 1",
                   "f:1:5: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = company-a",
                   "f:1:5: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = net", "f:1:5: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = 1-3", "f:1:5: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = 1__0", "f:1:5: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = 010", "f:1:5: a number has no leading zeros; text needs quotes"},
        SyntaxCase{"a = 2020-13-01",
                   "f:1:5: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = [1,\n 2", "f:1:5: [ is not closed"},
        SyntaxCase{"a = [{b = [1]\n# ]", "f:1:5: [ is not closed"}));

bool matches(const char* pattern, const std::string& text) {
  return testing::Matcher<std::string>(testing::MatchesRegex(pattern)).Matches(text);
}

// toml11 4 says where in the brackets the error is, toml11 3 does not.
TEST(TomlDocument, SaysWhatBelongsInBrackets) {
  for (const std::string_view array :
       {"[1 2]", "[1, x]", "[,]", "[[1], {a = }]", "[1]]", "[\"a\" # ,\n'b']"}) {
    const std::string message = mistake(fmt::format("a = {}\nb = 1", array));
    EXPECT_TRUE(matches("f:[12]:[0-9]+: not a TOML array; .+", message)) << array;
  }
  for (const std::string_view table :
       {"{b = 1 c = 2}", "{b = 1,}", "{b = 1\n}", "{b = x}", "{b}", "{b = 1, b = 2}"}) {
    const std::string message = mistake(fmt::format("a = {}\nb = 1", table));
    EXPECT_TRUE(matches("f:[12]:[0-9]+: not a TOML inline table; .+", message)) << table;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Characters, TomlSyntax,
    testing::Values(
        SyntaxCase{"a = \"open\nb = 1", "f:1:5: the string is not closed; put \" at its end"},
        SyntaxCase{"a = 1\nb = 'open", "f:2:5: the string is not closed; put ' at its end"},
        SyntaxCase{"a = \"\"\"\nx\n\"\"", "f:1:5: the string is not closed; put \"\"\" at its end"},
        SyntaxCase{"a = \"C:\\dir\"",
                   "f:1:5: not a TOML string; write a backslash as \\\\, or the text in '...'"},
        SyntaxCase{"a = \"\\ud800\"",
                   "f:1:5: not a TOML string; write a backslash as \\\\, or the text in '...'"},
        SyntaxCase{"a = \"caf\xe9\"", "f:1:9: byte 0xe9 is not UTF-8; save the file as UTF-8"},
        SyntaxCase{"a = 1 # \xc3\xa9\xc3",
                   "f:1:10: byte 0xc3 is not UTF-8; save the file as UTF-8"},
        SyntaxCase{"\xff\xfe", "f:1:1: byte 0xff is not UTF-8; save the file as UTF-8"},
        SyntaxCase{"a = 1\nb\0 = 2"sv, "f:2:2: control character 0x00; remove it"},
        SyntaxCase{"a = 1\rb = 2", "f:1:6: control character 0x0d; remove it"},
        SyntaxCase{"\xef\xbb\xbfmtu", "f:1:4: expected \"=\" after the key"}));

TEST(TomlDocument, RefusesSectionsInSections) {
  EXPECT_EQ(mistake("[[m]]\n[m.x]\n"),
            "f:2:2: a section's name has no dots: there are no sections in sections");
}

TEST(TomlDocument, TakesQuotedNames) {
  EXPECT_EQ(parse("[ \"d p\" ]\n'x.y' = 1").find("d p")->find("x.y")->integer, 1);
}

TEST(TomlDocument, ReportsEveryError) {
  EXPECT_EQ(mistake("a = b\n[c\nd = 'x\n\ne = 1\ne = 2\n"),
            "f:1:5: not a TOML value; text needs quotes, each key its own line\n"
            "f:2:1: expected a key, a [section] or a [[section]]\n"
            "f:3:5: the string is not closed; put ' at its end\n"
            "f:6:1: defined already on line 5; keep one");
}

TEST(TomlDocument, StopsAfterAHundredErrors) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "x\n";
  }
  const std::string errors = mistake(text);
  EXPECT_EQ(std::ranges::count(errors, '\n'), 100);
  EXPECT_TRUE(errors.ends_with("f:100:2: too many errors; what follows was not read")) << errors;
}

TEST(TomlDocument, JoinsDottedKeys) {
  const TomlValue root = parse("a.b.c = 1\nx = 2\na.b.d = 3\na.e = 4\n");
  EXPECT_EQ(root.find("a")->find("b")->find("c")->integer, 1);
  EXPECT_EQ(root.find("a")->find("b")->find("d")->integer, 3);
  EXPECT_EQ(root.find("a")->find("e")->integer, 4);
}

// Plain values are read without toml11, items of an array with it: both must say the same.
TEST(TomlDocument, PlainValuesAreAsToml11ReadsThem) {
  for (const std::string_view value :
       {"0", "7", "100", "999999999999999999", "\"\"", "''", "\"x\"", "'x'", "\" # = [ ' \"",
        "' \\ \" '", "\"\u00e9\u20ac\"", "'tab\there'", "\"10.0.0.0/8\""}) {
    const TomlValue alone = parse(fmt::format("v =  {}  # x", value));
    const TomlValue item = parse(fmt::format("v = [{}] # x", value));
    ASSERT_EQ(alone.children.size(), 1U);
    EXPECT_EQ(alone.children[0].type, item.children[0].children[0].type) << value;
    EXPECT_EQ(alone.children[0].text, item.children[0].children[0].text) << value;
    EXPECT_EQ(alone.children[0].integer, item.children[0].children[0].integer) << value;
    EXPECT_EQ(alone.children[0].position, item.children[0].children[0].position) << value;
  }
}

}  // namespace
}  // namespace natto
