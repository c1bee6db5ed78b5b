#include <gtest/gtest.h>

#include "runtime/runtime.hpp"

namespace natto {
namespace {

Config config_of(std::vector<unsigned> lcores, std::optional<std::uint32_t> mbufs) {
  Config config;
  config.ports.resize(1);
  config.dpdk.lcores = std::move(lcores);
  config.dpdk.mbufs = mbufs;
  return config;
}

TEST(MemoryNeeded, IsOfBuffersTranslationCachesAndTheRest) {
  EXPECT_EQ(memory_mib_needed(config_of({1}, 40'960)), 100U + 8U + 512U);
  EXPECT_EQ(memory_mib_needed(config_of({1, 2, 3}, 40'960)), 100U + 24U + 512U);
  EXPECT_EQ(memory_mib_needed(config_of({1}, 81'920)), 200U + 8U + 512U);
}

TEST(MemoryNeeded, TakesEnoughBuffersWhereNoneAreGiven) {
  EXPECT_EQ(memory_mib_needed(config_of({1, 2}, std::nullopt)),
            memory_mib_needed(config_of({1, 2}, mbufs_needed(1, 2))));
}

}  // namespace
}  // namespace natto
