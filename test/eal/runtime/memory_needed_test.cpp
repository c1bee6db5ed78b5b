#include "runtime/memory_plan.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "control/control.hpp"
#include "dataplane/pipeline.hpp"
#include "dpdk/mempool.hpp"
#include "table/translation_table.hpp"

namespace natto {
namespace {

Config config_of(std::vector<unsigned> lcores, std::optional<std::uint32_t> mbufs) {
  Config config;
  config.ports.resize(1);
  config.dpdk.lcores = std::move(lcores);
  config.dpdk.mbufs = mbufs;
  return config;
}

TEST(MemoryNeeded, IsOfBuffersTranslationCachesTablesAndTheRest) {
  EXPECT_EQ(memory_mib_needed(config_of({1}, 40'960), 0), 100U + 24U + 36U);
  EXPECT_EQ(memory_mib_needed(config_of({1}, 81'920), 0), 200U + 24U + 36U);
  const std::size_t million = 1'000'000;
  EXPECT_EQ(memory_mib_needed(config_of({1}, 40'960), million),
            100U + 128U + 16U + 36U + (2 * million * TranslationTable::bytes_per_mapping(1) >> 20));
  const std::size_t on_other_node = mbufs_needed(1, 1) * std::size_t{kMbufFootprintBytes};
  EXPECT_EQ(memory_mib_needed(config_of({1, 2, 3}, 40'960), 0),
            100U + 72U + 44U + (2 * on_other_node >> 20));
}

TEST(MemoryNeeded, AMiBMoreIsForAsManyMappingsInTwoVersions) {
  for (const std::size_t workers : {1U, 2U}) {
    const Config config = config_of(std::vector<unsigned>(workers, 1), 40'960);
    const std::size_t mappings = 20 * mappings_per_mib(workers);
    EXPECT_NEAR(memory_mib_needed(config, mappings), memory_mib_needed(config, 0) + 20, 1);
  }
}

// What a table says that it took of DPDK's memory.
TEST(MemoryNeeded, ATableTakesNoMoreThanIsReckoned) {
  for (const std::uint32_t mappings : {1'000U, 14'563U, 30'000U, 58'000U}) {
    MappingTable table;
    for (std::uint32_t i = 0; i < mappings; ++i) {
      table.mappings.push_back({.name = fmt::format("{}", i),
                                .real = {Ipv4Address::from_host(0x0a000000 + i), 32},
                                .mapped = {Ipv4Address::from_host(0x0b000000 + i), 32}});
    }
    const auto built = TranslationTable::build(table, 2, 1).value();
    EXPECT_LE(built->memory_bytes(), mappings * TranslationTable::bytes_per_mapping(2) + 16 * 1'024)
        << mappings;
  }
}

TEST(MemoryNeeded, TakesEnoughBuffersWhereNoneAreGiven) {
  EXPECT_EQ(memory_mib_needed(config_of({1, 2}, std::nullopt), 0),
            memory_mib_needed(config_of({1, 2}, mbufs_needed(1, 2)), 0));
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
  EXPECT_EQ(memory_mib_needed(jumbo, 0), memory_mib_needed(told, 0));
}

TEST(MemoryPlan, RefusesFewerBuffersThanCanBeHeld) {
  const std::uint32_t needed = mbufs_needed(1, 2);
  const Result<MemoryPlan> plan = plan_memory(config_of({1, 2}, needed), 2, 9);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->mbufs, needed);
  EXPECT_EQ(plan->shared_mbufs, mbufs_needed(1, 1));
  EXPECT_EQ(plan->mib, memory_mib_needed(config_of({1, 2}, needed), 9));

  const Result<MemoryPlan> refused = plan_memory(config_of({1, 2}, needed - 1), 2, 9);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("is too few"), std::string::npos);
  EXPECT_TRUE(plan_memory(config_of({1, 2}, needed - 1), 1, 9).ok()) << "one worker needs fewer";
}

}  // namespace
}  // namespace natto
