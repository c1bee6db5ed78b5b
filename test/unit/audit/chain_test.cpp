#include "audit/chain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "audit/event_line.hpp"

namespace natto {
namespace {

/// Lines of an audit, without their line feeds.
std::vector<std::string> chain_of(std::size_t length) {
  std::vector<std::string> lines;
  ChainPosition newest;
  for (std::size_t i = 0; i < length; ++i) {
    AuditEvent event{.kind = AuditKind::kReload, .time = WallTime(std::chrono::seconds(i))};
    event.by.user = 12'345;
    lines.push_back(event_line(event, newest));
    newest = {newest.sequence + 1, sha256_hex(lines.back())};
  }
  return lines;
}

ChainReader read_chain(const std::vector<std::string>& lines, const std::string& tail = "") {
  ChainReader reader;
  for (const std::string& line : lines) {
    reader.take(line);
  }
  reader.end(tail);
  return reader;
}

/// The lines that the findings name.
std::set<std::uint64_t> named(const ChainReader& reader) {
  std::set<std::uint64_t> lines;
  for (const ChainFinding& finding : reader.findings()) {
    lines.insert(finding.line);
  }
  return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + '\n';
  }
  return text;
}

ChainReader read_text(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return read_chain(lines, text.substr(begin));
}

TEST(Chain, HoldsAndNamesItsNewestLine) {
  const auto lines = chain_of(5);
  const ChainReader reader = read_chain(lines);
  EXPECT_TRUE(reader.findings().empty());
  EXPECT_TRUE(reader.notes().empty());
  EXPECT_EQ(reader.newest(), (ChainPosition{5, sha256_hex(lines[4])}));
  EXPECT_EQ(reader.lines(), 5U);
  EXPECT_TRUE(read_chain({}).findings().empty());
  // printf %s "" | sha256sum
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// Of the last line a change shows in its hash alone, unless it is no line any more.
TEST(Chain, EveryByteOfEveryLineCounts) {
  const auto lines = chain_of(4);
  const std::string text = text_of(lines);
  const std::size_t last = text.size() - lines.back().size() - 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int change : {1, 2, 32, 128}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const ChainReader reader = read_text(changed);
      if (i < last) {
        EXPECT_FALSE(reader.findings().empty()) << "byte " << i << " of " << text;
      } else {
        EXPECT_TRUE(!reader.findings().empty() || reader.newest().hash != sha256_hex(lines[3]))
            << "byte " << i;
      }
    }
  }
}

TEST(Chain, NamesTheLineThatWasChanged) {
  const auto lines = chain_of(6);
  for (std::size_t i = 0; i < 5; ++i) {
    auto changed = lines;
    changed[i].replace(changed[i].find("1970"), 4, "1971");
    EXPECT_EQ(named(read_chain(changed)), std::set<std::uint64_t>{i + 1}) << i;
    // What it says of the one before.
    changed = lines;
    const std::size_t digit = changed[i].find("previous") + 20;
    changed[i][digit] = changed[i][digit] == 'a' ? 'b' : 'a';
    EXPECT_EQ(named(read_chain(changed)), std::set<std::uint64_t>{i + 1}) << i;
    // So that it is no line of an audit.
    changed = lines;
    changed[i].pop_back();
    EXPECT_EQ(named(read_chain(changed)), std::set<std::uint64_t>{i + 1}) << i;
  }
}

TEST(Chain, MissesEachLineThatIsRemovedButTheLast) {
  const auto lines = chain_of(6);
  for (std::size_t i = 0; i < 5; ++i) {
    auto changed = lines;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(named(read_chain(changed)), std::set<std::uint64_t>{i + 1}) << i;
  }
  auto cut = lines;
  cut.pop_back();
  EXPECT_TRUE(read_chain(cut).findings().empty()) << "only who knows the newest line sees that";
}

TEST(Chain, NoticesLinesThatAreSwappedOrPutIn) {
  const auto lines = chain_of(6);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = i + 1; j < 6; ++j) {
      auto changed = lines;
      std::swap(changed[i], changed[j]);
      EXPECT_TRUE(named(read_chain(changed)).contains(i + 1)) << i << " " << j;
    }
    for (const std::string& put_in :
         {lines[i], std::string("{}"), std::string("\"\xff"), std::string()}) {
      auto changed = lines;
      changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i) + 1, put_in);
      EXPECT_EQ(named(read_chain(changed)), std::set<std::uint64_t>{i + 2}) << i << put_in;
    }
  }
}

/// As a natto that starts goes on behind `broken`.
std::vector<std::string> go_on(std::vector<std::string> lines,
                               const std::vector<std::string>& broken) {
  const ChainPosition newest{lines.size(), sha256_hex(lines.back())};
  std::string tail;
  for (const std::string& line : broken) {
    tail += (tail.empty() ? "" : "\n") + line;
    lines.push_back(line);
  }
  lines.push_back(broken_tail_line({tail.size(), sha256_hex(tail)}, newest, {}));
  lines.push_back(event_line({.kind = AuditKind::kStart, .time = {}},
                             {newest.sequence + 1, sha256_hex(lines.back())}));
  return lines;
}

TEST(Chain, ABrokenTailThatIsNamedIsNoFinding) {
  const auto lines = chain_of(3);
  const std::string next = chain_of(4)[3];
  for (std::size_t length = 1; length <= next.size(); ++length) {
    const auto whole = go_on(lines, {next.substr(0, length)});
    const ChainReader reader = read_chain(whole);
    EXPECT_TRUE(reader.findings().empty()) << length << ": " << reader.findings()[0].what;
    ASSERT_EQ(reader.notes().size(), 1U);
    EXPECT_EQ(reader.notes()[0].line, 4U);
    EXPECT_EQ(reader.newest().sequence, 5U);
    // And what there is of it cannot be changed either.
    auto changed = whole;
    changed[3][0] = static_cast<char>(changed[3][0] ^ 1);
    EXPECT_FALSE(read_chain(changed).findings().empty()) << length;
    changed = whole;
    changed[2].replace(changed[2].find("1970"), 4, "1971");
    EXPECT_EQ(named(read_chain(changed)), std::set<std::uint64_t>{3}) << length;
    changed = whole;
    changed.erase(changed.begin() + 3);
    EXPECT_FALSE(read_chain(changed).findings().empty()) << length;
  }
  EXPECT_TRUE(read_chain(go_on(lines, {"{", "", "x"})).findings().empty());
  EXPECT_TRUE(read_chain(go_on(chain_of(1), {""})).findings().empty());
}

TEST(Chain, ABrokenTailThatNoLineNamesYetIsTold) {
  const ChainReader reader = read_chain(chain_of(3), "{\"seq");
  EXPECT_EQ(named(reader), std::set<std::uint64_t>{4});
  EXPECT_EQ(reader.newest().sequence, 3U);
}

TEST(Chain, HostileLinesAreNone) {
  for (const std::string& line :
       {std::string("null"), std::string("[]"),
        std::string("{\"sequence\":-1,\"previous\":\"\",\"event\":\"\"}"),
        std::string("{\"sequence\":1,\"previous\":1,\"event\":\"\"}"), std::string(100'000, '['),
        std::string("{\"sequence\":1e9,\"previous\":\"\",\"event\":\"\"}")}) {
    EXPECT_FALSE(ChainReader::position_of(line)) << line.substr(0, 100);
  }
}

}  // namespace
}  // namespace natto
