#include "runtime/packet_pools.hpp"

#include <gtest/gtest.h>

#include <array>

namespace natto {
namespace {

TEST(PacketPools, OneNodeHasAll) {
  const auto sizes = pool_sizes(1000, 100, std::array{0, 0, 0});
  EXPECT_EQ(sizes, (std::map<int, std::uint32_t>{{0, 1000}}));
}

TEST(PacketPools, SeveralNodesShareByWorkersAndWhatWaitsForControlIsExtra) {
  const auto sizes = pool_sizes(1000, 100, std::array{0, 1, 1});
  EXPECT_EQ(sizes, (std::map<int, std::uint32_t>{{0, 334 + 100}, {1, 667 + 100}}));
}

TEST(PacketPools, WorkersOfANodeHaveOnePoolThere) {
  const Result<PacketPools> pools = PacketPools::create(1000, 0, std::array{0, 0});
  ASSERT_TRUE(pools.ok());
  ASSERT_EQ(pools->by_worker().size(), 2U);
  EXPECT_EQ(pools->by_worker()[0], pools->by_worker()[1]);
  EXPECT_EQ(rte_mempool_avail_count(pools->by_worker()[0]), 1000U);
}

}  // namespace
}  // namespace natto
