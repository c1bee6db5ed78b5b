#include "runtime/memory_plan.hpp"

#include <gtest/gtest.h>

#include "control/control.hpp"
#include "dataplane/pipeline.hpp"
#include "dpdk/mempool.hpp"

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

// What the rings, the bursts and control can hold are packets; a port's descriptors hold buffers.
TEST(MemoryNeeded, AJumboFrameTakesFiveBuffers) {
  EXPECT_EQ(buffers_of(14 + 1500), 1U);
  EXPECT_EQ(buffers_of(2048), 1U);
  EXPECT_EQ(buffers_of(2049), 2U);
  EXPECT_EQ(buffers_of(14 + 9001), 5U);
  const std::size_t packets = ring_capacity(1, 2) + 2 * kBurst + Control::kMaxWaiting;
  EXPECT_EQ(mbufs_needed(1, 2, 5) - mbufs_needed(1, 2), 4 * packets);

  Config jumbo = config_of({1, 2}, std::nullopt);
  jumbo.ports.push_back(jumbo.ports.front());
  jumbo.ports.back().mtu = 9001;
  Config told = jumbo;
  told.dpdk.mbufs = mbufs_needed(2, 2, 5);
  EXPECT_EQ(memory_mib_needed(jumbo), memory_mib_needed(told));
}

TEST(MemoryPlan, RefusesFewerBuffersThanCanBeHeld) {
  const std::uint32_t needed = mbufs_needed(1, 2);
  const Result<MemoryPlan> plan = plan_memory(config_of({1, 2}, needed), 2);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->mbufs, needed);
  EXPECT_EQ(plan->shared_mbufs, mbufs_needed(1, 1));
  EXPECT_EQ(plan->mib, memory_mib_needed(config_of({1, 2}, needed)));

  const Result<MemoryPlan> refused = plan_memory(config_of({1, 2}, needed - 1), 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("is too few"), std::string::npos);
  EXPECT_TRUE(plan_memory(config_of({1, 2}, needed - 1), 1).ok()) << "one worker needs fewer";
}

}  // namespace
}  // namespace natto
