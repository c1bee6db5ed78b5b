#include "control/announcer.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

using namespace std::chrono_literals;

std::vector<Ipv4Prefix> prefixes(std::initializer_list<const char*> texts) {
  std::vector<Ipv4Prefix> out;
  for (const char* text : texts) {
    out.push_back(parse_ipv4_prefix(text).value());
  }
  return out;
}

/// All that are due at `now`.
std::vector<std::string> due(Announcer& announcer, Instant now) {
  std::vector<std::string> out;
  while (const auto address = announcer.next(now)) {
    out.push_back(to_string(*address));
  }
  return out;
}

TEST(Announcer, SaysNothingUnlessAsked) {
  Announcer announcer;
  EXPECT_EQ(announcer.left(), 0U);
  EXPECT_TRUE(due(announcer, 5s).empty());
  announcer.begin({});
  EXPECT_TRUE(due(announcer, 6s).empty());
}

TEST(Announcer, EveryAddressThreeTimesASecondApart) {
  const std::vector<std::string> all = {"10.0.0.9", "10.0.1.4", "10.0.1.5"};
  Announcer announcer;
  announcer.begin(prefixes({"10.0.0.9", "10.0.1.4/31"}));
  EXPECT_EQ(announcer.left(), 9U);
  EXPECT_EQ(due(announcer, 7s), all);
  EXPECT_EQ(announcer.left(), 6U);
  EXPECT_TRUE(due(announcer, 7999ms).empty());
  EXPECT_EQ(due(announcer, 8s), all);
  EXPECT_EQ(due(announcer, 9s), all);
  EXPECT_EQ(announcer.left(), 0U);
  EXPECT_TRUE(due(announcer, 10s).empty());
}

TEST(Announcer, BeginsAnewAndStops) {
  Announcer announcer;
  announcer.begin(prefixes({"10.0.0.8/30"}));
  EXPECT_EQ(announcer.next(1s), Ipv4Address::of(10, 0, 0, 8));
  announcer.begin(prefixes({"10.0.0.1"}));
  EXPECT_EQ(due(announcer, 1s), std::vector<std::string>({"10.0.0.1"}));
  announcer.begin({});
  EXPECT_EQ(announcer.left(), 0U);
  EXPECT_TRUE(due(announcer, 2s).empty());
}

TEST(Announcer, ManyAddressesAreSpreadOverTime) {
  Announcer announcer;
  announcer.begin(prefixes({"10.0.0.0/18"}));  // 16,384
  EXPECT_EQ(due(announcer, 0ms).size(), Announcer::kPace.burst);
  std::size_t sent = Announcer::kPace.burst;
  Instant now{0};
  while (announcer.left() > 0) {
    now += 1ms;
    const std::size_t more = due(announcer, now).size();
    EXPECT_LE(more, Announcer::kPace.rate / 1000);
    sent += more;
  }
  EXPECT_EQ(sent, 3U * 16'384U);
  EXPECT_GE(now, (3 * 16'384 - 256) * 1000ms / Announcer::kPace.rate);
}

TEST(Announcer, NoTableIsTooLarge) {
  Announcer announcer;
  announcer.begin(prefixes({"10.0.0.0/8", "11.0.0.0/8"}));
  EXPECT_EQ(announcer.left(), 3U * Announcer::kMaxAddresses);
  std::optional<Ipv4Address> last;
  for (Instant now{0}; announcer.left() > 2 * Announcer::kMaxAddresses; now += 1ms) {
    if (const auto address = announcer.next(now)) {
      last = address;
    }
  }
  EXPECT_EQ(last, Ipv4Address::of(10, 0, 255, 255));
}

}  // namespace
}  // namespace natto
