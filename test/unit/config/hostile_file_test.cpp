// Files made to hurt the loader: it refuses them, soon, with a line per mistake.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <string_view>

#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::config_mistakes;
using test::mapping_mistakes;

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

/// Every line of a message has the promised form.
void expect_well_formed(const std::string& message, std::string_view about) {
  const testing::Matcher<std::string> line =
      testing::MatchesRegex(R"([a-z]+\.toml:[1-9][0-9]*:[1-9][0-9]*: .+)");
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = std::min(message.find('\n', at), message.size());
    EXPECT_TRUE(line.Matches(message.substr(at, end - at)))
        << message.substr(at, end - at) << "\nabout:\n"
        << about;
    at = end + 1;
  }
}

TEST(HostileFile, DeepNestingIsRefused) {
  for (const std::string& text :
       {repeat("[", 100'000), "mapping = " + repeat("[\n", 100'000),
        "mapping = " + repeat("{a = ", 100'000), repeat("a.", 100'000) + "a = 1",
        repeat("a .\n", 100'000), "[" + repeat("a.", 100'000) + "a]", repeat("]", 100'000)}) {
    const std::string message = mapping_mistakes(text);
    EXPECT_NE(message, "");
    expect_well_formed(message, text.substr(0, 40));
  }
}

TEST(HostileFile, TheDeepestThatIsAllowedIsOnlyUnknown) {
  const std::string deepest = "x = " + repeat("[", 16) + repeat("]", 16) + "\n" + repeat("b.", 15) +
                              "b = {" + repeat("b.", 15) + "b = 1}\n";
  const std::string message = mapping_mistakes(deepest);
  EXPECT_NE(message.find("unknown section \"x\""), std::string::npos) << message;
  EXPECT_NE(message.find("unknown section \"b\""), std::string::npos) << message;
}

TEST(HostileFile, LongNumbersDoNotOverflow) {
  EXPECT_EQ(
      mapping_mistakes("mapping = 0b" + std::string(62, '1')),
      fmt::format(
          "mappings.toml:1:11: mapping must be tables, not the integer 0b{}; write [[mapping]]",
          std::string(62, '1')));
  EXPECT_EQ(mapping_mistakes("mapping = 0b" + std::string(70, '1')),
            "mappings.toml:1:75: a number, date or key of more than 64 characters");
  EXPECT_EQ(
      mapping_mistakes("mapping = -" + std::string(40, '9')),
      fmt::format(
          "mappings.toml:1:11: mapping must be tables, not the integer -{}; write [[mapping]]",
          std::string(40, '9')));
}

TEST(HostileFile, KeysWithControlCharactersStayOnTheirLine) {
  EXPECT_EQ(config_mistakes("\"a\\nb\\u0000\\u001b\" = 1\n" + test::one_port()),
            "natto.toml:1:1: unknown key outside of a section \"a\\x0ab\\x00\\x1b\"; known here: "
            "dpdk, port, icmp, table, api, state, log, ha");
}

TEST(HostileFile, EveryTruncationIsSurvived) {
  const std::string config =
      "[dpdk]\nlcores = \"1-3\" # workers\neal = ['-v', \"\"\"x\"\"\"]\n" + test::one_port();
  for (std::size_t length = 0; length < config.size(); ++length) {
    const std::string text = config.substr(0, length);
    expect_well_formed(config_mistakes(text), text);
  }
}

TEST(HostileFile, RandomDamageIsSurvived) {
  const std::string table = R"([[mapping]]
name = "a"
realm = "company-a"
real = "10.9.0.0/24" # comment
mapped = '10.8.0.0/24'
[[mapping]]
name = """b"""
realm = "company-b"
real = "10.9.0.1"
mapped = "10.7.0.1"
)";
  constexpr std::string_view kBytes = "[]{}=,.#\"'\\\n\r\t 09azuU-_:\xc3\xa9";
  std::mt19937 random(7);
  for (int round = 0; round < 1000; ++round) {
    std::string text = table;
    for (unsigned damage = 1 + random() % 4; damage > 0; --damage) {
      const std::size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      if (random() % 2 == 0) {
        text[at] = byte;
      } else {
        text.insert(at, 1 + random() % 3, byte);
      }
    }
    expect_well_formed(mapping_mistakes(text), text);
  }
}

/// Seconds to refuse `text`.
double seconds_to_refuse(const std::string& text) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(mapping_mistakes(text), "");
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Each would take minutes if the line, or the comments above it, were read again for each value.
TEST(HostileFile, TimeGrowsWithTheSizeOnly) {
  for (const std::string& text : {
           "x = [" + repeat("1,", 200'000) + "]\n",
           "x = [\n" + repeat("# comment\n", 100'000) + repeat("1,", 1900) + "\n]\n",
           "x = [\n" + repeat("1,\n", 10'000) + "]\n",
           repeat("[[mapping]]\n", 5'000),
       }) {
    EXPECT_LT(seconds_to_refuse(text), 30) << text.substr(0, 20);
  }
}

}  // namespace
}  // namespace natto
