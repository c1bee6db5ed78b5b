// How a text is cut into statements, and the limits that keep toml11 safe.

#include "config/toml/statements.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace natto {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

/// "offset: message" of the first error, or "" for a text that passes.
std::string refusal(std::string_view text) {
  if (const auto error = check_characters(text)) {
    return fmt::format("{}: {}", error->offset, error->message);
  }
  StatementReader reader(text);
  while (const auto next = reader.next()) {
    if (const auto* error = std::get_if<TomlError>(&*next)) {
      return fmt::format("{}: {}", error->offset, error->message);
    }
  }
  return "";
}

/// Every statement as "[key]", "[[key]]" or "key|value", and "offset!" for an error.
std::vector<std::string> statements(std::string_view text) {
  std::vector<std::string> out;
  StatementReader reader(text);
  while (const auto next = reader.next()) {
    if (const auto* error = std::get_if<TomlError>(&*next)) {
      out.push_back(fmt::format("{}!", error->offset));
      continue;
    }
    const auto& statement = std::get<Statement>(*next);
    const std::string_view key = reader[statement.key];
    switch (statement.kind) {
      case Statement::Kind::kSection:
        out.push_back(fmt::format("[{}]", key));
        break;
      case Statement::Kind::kListSection:
        out.push_back(fmt::format("[[{}]]", key));
        break;
      case Statement::Kind::kKeyValue:
        out.push_back(fmt::format("{}|{}", key, reader[statement.value]));
    }
  }
  return out;
}

using Strings = std::vector<std::string>;

TEST(TomlStatements, AreCut) {
  EXPECT_EQ(
      statements("a = 1 # one\r\n\t b=\"#\"#\n[ c ] # d\n[[d]]\n\n'='  = 5 \r\ne . \"f\"= x y"),
      (Strings{"a|1", "b|\"#\"", "[c]", "[[d]]", "'='|5", "e . \"f\"|x y"}));
  EXPECT_EQ(statements(""), Strings{});
  EXPECT_EQ(statements("# only a comment"), Strings{});
}

TEST(TomlStatements, GoOnOverLinesInBracketsAndStrings) {
  EXPECT_EQ(statements("a = [ 1,\n {b = ']'},\n] \nc = '''x\n# y\n''''' # z\nd = 1"),
            (Strings{"a|[ 1,\n {b = ']'},\n]", "c|'''x\n# y\n'''''", "d|1"}));
}

TEST(TomlStatements, BlankCommentsOut) {
  EXPECT_EQ(statements("a = [ # one ]\n '#', # \xc3\xa9\n]"),
            (Strings{"a|[        \n '#',     \n]"}));
}

TEST(TomlStatements, GoOnWithTheNextLineAfterAnError) {
  EXPECT_EQ(statements("x\na = \"open\nb = 2\n[c\n[d]"),
            (Strings{"1!", "6!", "b|2", "18!", "[d]"}));
}

TEST(TomlStatements, BoundsNesting) {
  EXPECT_EQ(refusal("a = " + repeat("[", 16) + repeat("]", 16)), "");
  EXPECT_EQ(refusal("a = " + repeat("[", 17)), "20: brackets are nested more than 16 deep");
  EXPECT_EQ(refusal("a = " + repeat("[\n", 100'000)), "36: brackets are nested more than 16 deep");
  EXPECT_EQ(refusal("a = " + repeat("{a=\n", 100'000)),
            "68: brackets are nested more than 16 deep");
  EXPECT_EQ(refusal("a = [[1]\n"), "4: [ is not closed");
  // Brackets in strings and comments are none, and closed ones are closed.
  EXPECT_EQ(refusal("a = '" + repeat("[", 100) + "' # " + repeat("{", 100)), "");
  EXPECT_EQ(refusal(repeat("a = [[1], [2]]\n", 1000)), "");
}

TEST(TomlStatements, BoundsDottedKeys) {
  EXPECT_EQ(refusal(repeat("a . ", 15) + "a = 1"), "");
  EXPECT_EQ(refusal(repeat("a . ", 16) + "a = 1"), "62: a dotted key of more than 16 parts");
  EXPECT_EQ(refusal("a = { " + repeat("a.", 16) + "a = 1 }"),
            "37: a dotted key of more than 16 parts");
}

TEST(TomlStatements, BoundsWordsAndLines) {
  EXPECT_EQ(refusal("a = " + std::string(64, '1')), "");
  EXPECT_EQ(refusal("a = " + std::string(65, '1')),
            "68: a number, date or key of more than 64 characters");

  EXPECT_EQ(refusal("#" + std::string(4095, 'x') + "\n#" + std::string(4095, 'x')), "");
  EXPECT_EQ(refusal("\n#" + std::string(4096, 'x')),
            "4097: the line is longer than 4096 bytes; break it, with one [[section]] per entry");
}

TEST(TomlStatements, KnowWhereStringsEnd) {
  EXPECT_EQ(statements(R"(a = "\"" # ")"), (Strings{R"(a|"\"")"}));
  EXPECT_EQ(statements(R"(a = '\' # ')"), (Strings{R"(a|'\')"}));
  EXPECT_EQ(statements("a = \"\"\"\"quoted\"\"\"\"\"\nb=1"),
            (Strings{"a|\"\"\"\"quoted\"\"\"\"\"", "b|1"}));
  EXPECT_EQ(statements("a = \"\"\"x\\\"\"\"\"\"\nb=1"), (Strings{"a|\"\"\"x\\\"\"\"\"\"", "b|1"}));
  EXPECT_EQ(refusal("a = \"x\\\nb = 1"), "4: the string is not closed; put \" at its end");
  EXPECT_EQ(refusal("a = \"x\\"), "4: the string is not closed; put \" at its end");
  EXPECT_EQ(refusal("a = '''x''"), "4: the string is not closed; put ''' at its end");
}

}  // namespace
}  // namespace natto
