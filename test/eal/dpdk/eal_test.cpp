#include "dpdk/eal.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace natto {
namespace {

bool contains(const std::vector<std::string>& arguments, std::vector<std::string> run) {
  return std::search(arguments.begin(), arguments.end(), run.begin(), run.end()) != arguments.end();
}

TEST(EalArguments, WithoutHugepages) {
  const auto arguments = eal_arguments({.main_lcore = 0, .lcores = {1, 3}, .memory_mib = 300});
  EXPECT_TRUE(contains(arguments, {"-l", "0,1,3"}));
  EXPECT_TRUE(contains(arguments, {"--main-lcore", "0"}));
  EXPECT_TRUE(contains(arguments, {"--no-huge", "--no-shconf", "-m", "300"}));
  EXPECT_TRUE(contains(arguments, {"--no-pci", "--iova-mode=va"}));
  EXPECT_TRUE(contains(arguments, {"--no-telemetry"}));
}

TEST(EalArguments, WithHugepagesAndACard) {
  const auto arguments = eal_arguments(
      {.lcores = {1}, .pci_devices = {"0000:00:06.0"}, .hugepages = true, .telemetry = true});
  EXPECT_TRUE(contains(arguments, {"--in-memory"}));
  EXPECT_TRUE(contains(arguments, {"-a", "0000:00:06.0"}));
  EXPECT_FALSE(contains(arguments, {"--no-huge"}));
  EXPECT_FALSE(contains(arguments, {"--no-pci"}));
  EXPECT_FALSE(contains(arguments, {"--iova-mode=va"}));
  EXPECT_FALSE(contains(arguments, {"--no-telemetry"}));
}

TEST(EalArguments, MemoryIsSharedIfTheUserWantsAPrimaryProcess) {
  const auto arguments = eal_arguments({.hugepages = true, .extra = {"--proc-type=primary"}});
  EXPECT_FALSE(contains(arguments, {"--in-memory"}));
  EXPECT_FALSE(contains(arguments, {"--no-huge"}));
}

TEST(EalArguments, TheUsersComeLastAndMayMapLcores) {
  const auto arguments = eal_arguments({.lcores = {1}, .extra = {"--lcores", "0@0,1@0"}});
  EXPECT_FALSE(contains(arguments, {"-l"}));
  EXPECT_EQ(std::vector(arguments.end() - 2, arguments.end()),
            (std::vector<std::string>{"--lcores", "0@0,1@0"}));
}

}  // namespace
}  // namespace natto
