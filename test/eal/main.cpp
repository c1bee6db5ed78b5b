// EAL is started once for all tests, as a lab has it: no hugepages, nothing shared. After every
// test all packet buffers must be back in the pool.

#include <gtest/gtest.h>

#include <cstdio>
#include <optional>

#include "dpdk/eal.hpp"
#include "dpdk/mempool.hpp"
#include "eal/lab.hpp"

namespace {

constexpr unsigned kPoolSize = 8191;
rte_mempool* pool = nullptr;

class MempoolBalance : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo&) override {
    EXPECT_EQ(rte_mempool_in_use_count(pool), 0U) << "packet buffers were leaked";
  }
};

}  // namespace

rte_mempool* natto::test::shared_pool() { return pool; }

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  natto::Result<natto::Eal> eal = natto::Eal::create({.any_cpu = true, .memory_mib = 512});
  if (!eal) {
    std::fprintf(stderr, "%s\n", eal.error().message.c_str());
    return 1;
  }
  natto::Mempool owner = natto::create_mempool("test_packets", kPoolSize).value();
  pool = owner.get();
  testing::UnitTest::GetInstance()->listeners().Append(new MempoolBalance);
  return RUN_ALL_TESTS();
}
