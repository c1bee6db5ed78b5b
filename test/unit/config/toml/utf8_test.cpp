#include "config/toml/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace natto {
namespace {

TEST(Utf8, KnowsLengths) {
  EXPECT_EQ(utf8_length("a"), 1U);
  EXPECT_EQ(utf8_length("\u00e9x"), 2U);
  EXPECT_EQ(utf8_length("\u20ac"), 3U);
  EXPECT_EQ(utf8_length("\U0001F600"), 4U);
}

TEST(Utf8, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(utf8_length(""), 0U);
  EXPECT_EQ(utf8_length("\x80"), 0U);              // continuation byte first
  EXPECT_EQ(utf8_length("\xc3"), 0U);              // cut off
  EXPECT_EQ(utf8_length("\xc3("), 0U);             // no continuation byte
  EXPECT_EQ(utf8_length("\xc1\xbf"), 0U);          // 2 bytes for U+007F
  EXPECT_EQ(utf8_length("\xe0\x9f\xbf"), 0U);      // 3 bytes for U+07FF
  EXPECT_EQ(utf8_length("\xed\xa0\x80"), 0U);      // U+D800, a surrogate
  EXPECT_EQ(utf8_length("\xf0\x8f\xbf\xbf"), 0U);  // 4 bytes for U+FFFF
  EXPECT_EQ(utf8_length("\xf4\x90\x80\x80"), 0U);  // U+110000
  EXPECT_EQ(utf8_length("\xff"), 0U);
}

TEST(Utf8, AgreesWithTheEncodingOfEveryCodePoint) {
  for (unsigned code = 0; code <= 0x10ffff; ++code) {
    if (code >= 0xd800 && code <= 0xdfff) {
      continue;
    }
    // RFC 3629 §3, written out.
    std::string bytes;
    const auto tail = [&](unsigned shift) {
      bytes += static_cast<char>(0x80 | (code >> shift & 0x3f));
    };
    if (code < 0x80) {
      bytes += static_cast<char>(code);
    } else if (code < 0x800) {
      bytes += static_cast<char>(0xc0 | code >> 6);
      tail(0);
    } else if (code < 0x10000) {
      bytes += static_cast<char>(0xe0 | code >> 12);
      tail(6);
      tail(0);
    } else {
      bytes += static_cast<char>(0xf0 | code >> 18);
      tail(12);
      tail(6);
      tail(0);
    }
    ASSERT_EQ(utf8_length(bytes), bytes.size()) << code;
    ASSERT_EQ(utf8_length(bytes.substr(0, bytes.size() - 1)), 0U) << code;
  }
}

}  // namespace
}  // namespace natto
