#include "exporter/exposition.hpp"

#include <gtest/gtest.h>

#include <array>

namespace natto {
namespace {

constexpr Metric kHouses{"town_houses", MetricType::kGauge, "street", "houses \\ \"huts\""};
constexpr Metric kVisits{"town_visits_total", MetricType::kCounter, "", "visits"};
constexpr Metric kParty{"town_party", MetricType::kHistogram, "", "guests"};

std::string town(ExpositionFormat format) {
  Exposition out(format);
  out.begin(kHouses);
  out.add({{"street", "a \"b\"\\\nc"}, {"side", "left"}}, 3);
  out.add({{"street", ""}, {"side", "right"}}, 0.25);
  out.begin(kParty);  // nobody came
  out.begin(kVisits);
  out.add({}, UINT64_MAX);
  return out.take();
}

TEST(Exposition, TheTextFormatCallsACounterByItsWholeName) {
  EXPECT_EQ(town(ExpositionFormat::kText),
            R"(# HELP town_houses houses \\ \"huts\"
# TYPE town_houses gauge
town_houses{street="a \"b\"\\\nc",side="left"} 3
town_houses{street="",side="right"} 0.25
# HELP town_visits_total visits
# TYPE town_visits_total counter
town_visits_total 18446744073709551615
)");
}

TEST(Exposition, OpenMetricsCallsItWithoutTheSuffixAndSaysWhereItEnds) {
  EXPECT_EQ(town(ExpositionFormat::kOpenMetrics),
            R"(# HELP town_houses houses \\ \"huts\"
# TYPE town_houses gauge
town_houses{street="a \"b\"\\\nc",side="left"} 3
town_houses{street="",side="right"} 0.25
# HELP town_visits visits
# TYPE town_visits counter
town_visits_total 18446744073709551615
# EOF
)");
}

TEST(Exposition, AHistogramsBucketsAddUp) {
  Exposition out(ExpositionFormat::kText);
  out.begin(kParty);
  out.add_histogram({{"day", "1"}},
                    std::array{Exposition::Bucket{.largest = 1, .count = 5},
                               Exposition::Bucket{.largest = 4, .count = 2}},
                    11);
  EXPECT_EQ(out.take(), R"(# HELP town_party guests
# TYPE town_party histogram
town_party_bucket{day="1",le="1.0"} 5
town_party_bucket{day="1",le="4.0"} 7
town_party_bucket{day="1",le="+Inf"} 7
town_party_sum{day="1"} 11
town_party_count{day="1"} 7
)");
}

TEST(Exposition, IsWhatTheClientAccepts) {
  EXPECT_EQ(format_for(""), ExpositionFormat::kText);
  EXPECT_EQ(format_for("*/*"), ExpositionFormat::kText);
  EXPECT_EQ(format_for("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
            ExpositionFormat::kOpenMetrics);
  EXPECT_EQ(content_type(ExpositionFormat::kOpenMetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace natto
