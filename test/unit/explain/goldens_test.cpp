// `natto explain` on every packet of every golden: the fates that the golden's summary asserts.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "explain/explain.hpp"
#include "support/golden.hpp"

namespace natto {
namespace {

TEST(ExplainGoldens, TellsTheFateThatEveryGoldenAsserts) {
  const std::vector<test::Golden> goldens = test::all_goldens();
  EXPECT_GT(goldens.size(), 30U);
  for (const test::Golden& golden : goldens) {
    const auto expected = nlohmann::json::parse(std::ifstream(golden.folder / "expected.json"));
    const auto& [config, table] = golden.appliance;
    std::uint64_t forwarded = 0;
    std::uint64_t consumed = 0;
    std::map<std::string, std::uint64_t> drops;
    for (const auto& [realm, frame] : golden.arrivals) {
      const Explanation explanation = explain(config, table, realm, frame);
      EXPECT_GE(explanation.steps.size(), 2U) << golden.name;
      const Verdict verdict = explanation.verdict;
      if (verdict.is_drop()) {
        ++drops[std::string(info(verdict.reason()).name)];
      } else {
        ++(verdict.is_forward() ? forwarded : consumed);
      }
    }
    EXPECT_EQ(forwarded, expected["translated"].get<std::uint64_t>()) << golden.name;
    EXPECT_EQ(consumed, expected["consumed"].get<std::uint64_t>()) << golden.name;
    EXPECT_EQ(drops, (expected["drops"].get<std::map<std::string, std::uint64_t>>()))
        << golden.name;
  }
}

}  // namespace
}  // namespace natto
