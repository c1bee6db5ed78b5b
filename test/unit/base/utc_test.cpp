#include "base/utc.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

using std::chrono::milliseconds;

WallTime at(std::int64_t ms) { return WallTime(milliseconds(ms)); }

TEST(Utc, IsRfc3339InMilliseconds) {
  EXPECT_EQ(utc_text(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(at(1'769'860'800'125)), "2026-01-31T12:00:00.125Z");  // date -u -d
}

TEST(Utc, ReadsATimeOrItsBeginning) {
  for (const char* text : {"2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000",
                           "2026-01-31T12:00:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00"}) {
    EXPECT_EQ(parse_utc(text), at(1'769'860'800'000)) << text;
  }
  EXPECT_EQ(parse_utc("2026-01-31T12:00:00.125Z"), at(1'769'860'800'125));
  EXPECT_EQ(parse_utc("2026-01-31"), at(1'769'817'600'000));
  EXPECT_EQ(parse_utc("2026-02"), at(1'769'904'000'000));
}

TEST(Utc, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-1", "2026-13", "2026-02-29", "2026-01-31T", "2026-01-31T24:00",
        "2026-01-31T12:60", "2026-01-31 12:00", "2026-01-31T12:00:0", "1969-12-31", "2262-01",
        "2026-01Z", "x026-01", "2026-01-31T12:00:00.1"}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
}

}  // namespace
}  // namespace natto
