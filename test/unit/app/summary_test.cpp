#include "summary.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace natto {
namespace {

/// Every number is another one, and none is part of another.
CounterSums all_different() {
  CounterSums sums;
  std::uint64_t next = 1'000'000;
  for_each_number([&next](std::uint64_t& n) { n = next++; }, sums);
  return sums;
}

/// One that reaches its kernel, and one that does not.
std::vector<PortConfig> two_ports() {
  std::vector<PortConfig> ports(2);
  ports[0].realm = "a";
  ports[0].kernel_interface = "natto0";
  ports[1].realm = "b";
  return ports;
}

TEST(Summary, TextHasEveryCounter) {
  const CounterSums sums = all_different();
  const std::string text = summary_text(sums, two_ports());
  const auto expect = [&text](const CounterInfo& counter, std::uint64_t n) {
    EXPECT_NE(text.find(std::to_string(n)), std::string::npos) << counter.name << "\n" << text;
  };
  for_each_counter(expect, sums);
  for_each_port_counter(expect, sums.ports[0]);
  for_each_port_counter(expect, sums.ports[1]);
  for_each_kernel_counter(expect, sums.kernel[0]);
  for (const std::uint64_t n : sums.drops) {
    EXPECT_NE(text.find(std::to_string(n)), std::string::npos);
  }
  EXPECT_NE(text.find(std::to_string(sums.dropped())), std::string::npos);
}

TEST(Summary, JsonHasEveryCounter) {
  const CounterSums sums = all_different();
  const auto json = nlohmann::ordered_json::parse(summary_json(sums, two_ports()));
  for_each_counter([&](const CounterInfo& counter,
                       std::uint64_t n) { EXPECT_EQ(json.at(std::string(counter.name)), n); },
                   sums);
  EXPECT_EQ(json.at("checksums_offloaded"), sums.checksums_offloaded);
  EXPECT_EQ(json.at("dropped"), sums.dropped());
  EXPECT_EQ(json.at("drops").size(), kDropReasonCount);
  EXPECT_EQ(json.at("ports"),
            nlohmann::ordered_json({{"a",
                                     {{"received", sums.ports[0].received},
                                      {"transmitted", sums.ports[0].transmitted},
                                      {"kernel_given", sums.kernel[0].given},
                                      {"kernel_taken", sums.kernel[0].taken},
                                      {"kernel_refused", sums.kernel[0].refused}}},
                                    {"b",
                                     {{"received", sums.ports[1].received},
                                      {"transmitted", sums.ports[1].transmitted}}}}));
}

TEST(Summary, ListsNameEachCounterOnceAndExplainIt) {
  std::set<std::string_view> names;
  const auto check = [&names](const auto& counters) {
    for (const CounterInfo& counter : counters) {
      EXPECT_TRUE(names.insert(counter.name).second) << counter.name;
      EXPECT_TRUE(names.insert(counter.per_second).second) << counter.per_second;
      EXPECT_FALSE(counter.unit.empty());
      EXPECT_FALSE(counter.meaning.empty());
    }
  };
  check(kCounters);
  check(kPortCounters);
  check(kKernelCounters);
}

}  // namespace
}  // namespace natto
