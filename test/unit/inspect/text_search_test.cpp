#include "inspect/text_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "inspect/text_stream.hpp"

namespace natto {
namespace {

using namespace std::string_literals;

struct Found {
  std::string address;
  std::size_t end;
  friend bool operator==(const Found&, const Found&) = default;
};

void PrintTo(const Found& found, std::ostream* out) {
  *out << found.address << " up to " << found.end;
}

std::vector<Found> search(std::string_view text) {
  std::vector<Found> all;
  text_search::for_each(text, [&](const text_search::Match& match) {
    all.push_back({to_string(match.address), match.end});
  });
  return all;
}

std::vector<std::string> addresses(std::string_view text) {
  std::vector<std::string> all;
  for (const Found& found : search(text)) {
    all.push_back(found.address);
  }
  return all;
}

bool digit(const std::string& text, std::size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

bool bytes(const std::smatch& match, std::size_t count) {
  for (std::size_t i = 1; i <= count; ++i) {
    if (std::stoi(match[i]) > 255) {
      return false;
    }
  }
  return true;
}

/// What the search is to find, by regular expressions tried at every place.
std::vector<Found> naive(const std::string& text) {
  const std::string number = "(0|[1-9][0-9]{0,2})";
  static const std::regex quads(number + R"(\.)" + number + R"(\.)" + number + R"(\.)" + number +
                                R"((?![0-9])(?!\.[0-9]))");
  static const std::regex sixes(number + R"(\.)" + number + R"(\.)" + number + R"(\.)" + number +
                                R"(\.)" + number + R"(\.)" + number + R"((?![0-9])(?!\.[0-9]))");
  static const std::regex commas(number + "," + number + "," + number + "," + number + "," +
                                 number + "," + number + "(?![0-9])(?!,[0-9])");
  static const std::regex suffix(R"(\.in-addr\.arpa)", std::regex::icase);
  static const std::regex labels(
      "([\1-\3])([0-9]{1,3})([\1-\3])([0-9]{1,3})([\1-\3])([0-9]{1,3})"
      "([\1-\3])([0-9]{1,3})\7in-addr\4arpa",
      std::regex::icase);
  constexpr auto kHere = std::regex_constants::match_continuous;
  std::vector<Found> all;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto from = text.begin() + static_cast<std::ptrdiff_t>(i);
    const auto in_row = [&](char separator) {
      return (i > 0 && digit(text, i - 1)) ||
             (i > 1 && text[i - 1] == separator && digit(text, i - 2));
    };
    std::smatch match;
    if (!in_row('.') && std::regex_search(from, text.end(), match, quads, kHere) &&
        bytes(match, 4)) {
      const std::size_t end = i + static_cast<std::size_t>(match.length());
      const bool back = std::regex_search(from + match.length(), text.end(), suffix, kHere);
      all.push_back(back ? Found{match.format("$4.$3.$2.$1"), end + 13}
                         : Found{match.format("$1.$2.$3.$4"), end});
    }
    if (!in_row('.') && std::regex_search(from, text.end(), match, sixes, kHere) &&
        bytes(match, 6)) {
      all.push_back({match.format("$1.$2.$3.$4"), i + static_cast<std::size_t>(match.length())});
    }
    if (!in_row(',') && std::regex_search(from, text.end(), match, commas, kHere) &&
        bytes(match, 6)) {
      all.push_back({match.format("$1.$2.$3.$4"), i + static_cast<std::size_t>(match.length())});
    }
    if (std::regex_search(from, text.end(), match, labels, kHere)) {
      bool right = true;
      for (std::size_t label = 1; label <= 7; label += 2) {
        const std::string value = match[label + 1];
        right = right && static_cast<std::size_t>(match[label].str()[0]) == value.size() &&
                std::stoi(value) <= 255 && (value.size() == 1 || value[0] != '0');
      }
      if (right) {
        all.push_back({match.format("$8.$6.$4.$2"), i + static_cast<std::size_t>(match.length())});
      }
    }
  }
  std::ranges::stable_sort(all, {}, &Found::end);
  return all;
}

/// Mostly what is nearly an address.
std::string random_text(std::mt19937& random, std::size_t pieces) {
  static const std::vector<std::string> kPieces = {"0",
                                                   "1",
                                                   "2",
                                                   "5",
                                                   "25",
                                                   ".",
                                                   ".",
                                                   ".",
                                                   ",",
                                                   ",",
                                                   "x",
                                                   " ",
                                                   "\1",
                                                   "\2",
                                                   "\3",
                                                   "\7",
                                                   "00",
                                                   "99",
                                                   "10",
                                                   "255",
                                                   "256",
                                                   ".in-addr.arpa",
                                                   ".IN-ADDR.ARPA",
                                                   "\7in-addr\4arpa",
                                                   ".in-addr",
                                                   "10.34.1.125",
                                                   "10,34,1,125,7,5",
                                                   "10.34.1.125.7.5",
                                                   "\003125\0011\00234\00210\7in-addr\4arpa"};
  std::string text;
  for (std::size_t i = 0; i < pieces; ++i) {
    text += kPieces[random() % kPieces.size()];
  }
  return text;
}

TEST(TextSearch, FindsDottedQuads) {
  EXPECT_EQ(search("10.34.1.125"), (std::vector<Found>{{"10.34.1.125", 11}}));
  EXPECT_EQ(addresses("-MOVED 3999 10.34.1.125:7002\r\n"),
            (std::vector<std::string>{"10.34.1.125"}));
  EXPECT_EQ(addresses("http://10.34.1.125/ and 0.0.0.0, or 255.255.255.255."),
            (std::vector<std::string>{"10.34.1.125", "0.0.0.0", "255.255.255.255"}));
  EXPECT_EQ(addresses("\x0b"s + "10.34.1.125\0"s), (std::vector<std::string>{"10.34.1.125"}));
}

TEST(TextSearch, LeavesOtherRowsOfNumbersAlone) {
  for (const char* text : {"110.34.1.1251",
                           "10.34.1",
                           "10.34.1.125.5",
                           "1.10.34.1.125",
                           "10.34.1.125.7.5.3",
                           "10.34.1.125.7.256",
                           "10.34.1.256",
                           "10.034.1.125",
                           "10.34..1.125",
                           "10.34.1.1250",
                           "10,34,1,125",
                           "10,34,1,125,7",
                           "10,34,1,125,7,5,3",
                           "10,34,1,125,7,256",
                           "",
                           ".",
                           ",",
                           "1.",
                           ".1",
                           "\7in-addr\4arpa",
                           ".in-addr.arpa"}) {
    EXPECT_EQ(addresses(text), std::vector<std::string>()) << text;
  }
}

TEST(TextSearch, FindsWhatFtpWrites) {
  EXPECT_EQ(addresses("227 Entering Passive Mode (10,34,1,125,195,80).\r\n"),
            (std::vector<std::string>{"10.34.1.125"}));
  EXPECT_EQ(addresses("PORT 10,32,1,157,7,5\r\n"), (std::vector<std::string>{"10.32.1.157"}));
}

TEST(TextSearch, FindsWhatRpcWrites) {
  EXPECT_EQ(search("\0\0\0\22"s + "10.32.1.157.200.10\0\0"s),
            (std::vector<Found>{{"10.32.1.157", 22}}));
}

TEST(TextSearch, FindsReverseNamesAsTextAndOnTheWire) {
  EXPECT_EQ(addresses("125.1.34.10.in-addr.arpa"), (std::vector<std::string>{"10.34.1.125"}));
  EXPECT_EQ(addresses("125.1.34.10.IN-ADDR.ARPA."), (std::vector<std::string>{"10.34.1.125"}));
  EXPECT_EQ(addresses("\003125\0011\00234\00210\7in-addr\4arpa\0\0\14"s),
            (std::vector<std::string>{"10.34.1.125"}));
  EXPECT_EQ(addresses("\0011\00234\00210\7in-addr\4arpa"s), std::vector<std::string>());
}

TEST(TextSearch, FindsInRandomBytesWhatTriedExpressionsFind) {
  std::mt19937 random(20261129);
  std::size_t found = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random, 1 + random() % 24);
    const std::vector<Found> expected = naive(text);
    std::vector<Found> actual = search(text);
    std::ranges::stable_sort(actual, {}, &Found::end);
    ASSERT_EQ(actual, expected) << testing::PrintToString(text);
    found += expected.size();
  }
  EXPECT_GT(found, 5'000U);
}

TEST(TextStream, FindsInPiecesWhatIsInTheWhole) {
  std::mt19937 random(20261130);
  std::string joined;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random, 1 + random() % 60);
    std::vector<std::string> actual;
    const auto take = [&](Ipv4Address address) { actual.push_back(to_string(address)); };
    TextStream stream;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = 1 + random() % (1 + random() % 40);
      stream.next(std::string_view(text).substr(at, length), joined, take, take);
      at += length;
    }
    if (const auto last = stream.open()) {
      take(*last);
    }
    std::vector<std::string> expected;
    for (const Found& found : naive(text)) {
      expected.push_back(found.address);
    }
    ASSERT_EQ(actual, expected) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace natto
