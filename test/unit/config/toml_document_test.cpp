// Where the values and keys of a TOML text are, and what is said about one that is no TOML.

#include "config/toml_document.hpp"

#include <gtest/gtest.h>

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
        SyntaxCase{"[port] a = 1", "f:1:7: unexpected text after the section's header"},
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
                   "f:1:9: not a TOML value; text needs quotes, each key its own line"},
        SyntaxCase{"a = company-a", "f:1:5: not a TOML value; text needs quotes"},
        SyntaxCase{"a = net", "f:1:5: not a TOML value; text needs quotes"},
        SyntaxCase{"a = 1-3", "f:1:5: not a TOML value; text needs quotes"},
        SyntaxCase{"a = 1__0", "f:1:5: not a TOML value; text needs quotes"},
        SyntaxCase{"a = 010", "f:1:5: a number has no leading zeros; text needs quotes"},
        SyntaxCase{"a = 2020-13-01", "f:1:5: no such date or time (RFC 3339)"},
        SyntaxCase{"a = [1 2]", "f:1:8: expected \",\" or \"]\" in the array"},
        SyntaxCase{"a = [1,\n 2", "f:2:3: expected \",\" or \"]\" in the array"},
        SyntaxCase{"a = [1, x]", "f:1:9: expected a value or \"]\"; text needs quotes"},
        SyntaxCase{"a = {b = 1\n}",
                   "f:1:11: expected \"}\" on the line where the inline table begins"},
        SyntaxCase{"a = {b = 1 c = 2}", "f:1:12: expected \",\" or \"}\" in the inline table"},
        SyntaxCase{"a = {b = 1,}", "f:1:12: an inline table does not end in a comma"}));

INSTANTIATE_TEST_SUITE_P(
    Characters, TomlSyntax,
    testing::Values(
        SyntaxCase{"a = \"open\nb = 1", "f:1:5: the string is not closed; put \" at its end"},
        SyntaxCase{"a = 1\nb = 'open", "f:2:5: the string is not closed; put ' at its end"},
        SyntaxCase{"a = \"\"\"\nx\n\"\"", "f:1:5: the string is not closed; put \"\"\" at its end"},
        SyntaxCase{
            "a = \"C:\\dir\"",
            "f:1:8: unknown escape in a string; write a backslash as \\\\, or the text in '...'"},
        SyntaxCase{"a = \"\\ud800\"",
                   "f:1:6: \\u needs the 4 hexadecimal digits of a Unicode character"},
        SyntaxCase{"a = \"caf\xe9\"", "f:1:9: byte 0xe9 is not UTF-8; save the file as UTF-8"},
        SyntaxCase{"a = 1 # \xc3\xa9\xc3",
                   "f:1:10: byte 0xc3 is not UTF-8; save the file as UTF-8"},
        SyntaxCase{"\xff\xfe", "f:1:1: byte 0xff is not UTF-8; save the file as UTF-8"},
        SyntaxCase{"a = 1\nb\0 = 2"sv, "f:2:2: control character 0x00; remove it"},
        SyntaxCase{"a = 1\rb = 2", "f:1:6: control character 0x0d; remove it"},
        SyntaxCase{"\xef\xbb\xbfmtu", "f:1:4: expected \"=\" after the key"}));

// toml11 asks the empty array for its last table.
TEST(TomlDocument, RefusesToAddToAnEmptyArray) {
  EXPECT_EQ(mistake("m = []\n[m.x]\n"),
            "f:1:1: TOML syntax: \"a dotted key or [section] adds to an empty array\"");
}

}  // namespace
}  // namespace natto
