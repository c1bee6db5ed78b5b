#include "dpdk/mempool.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "dpdk/error.hpp"

namespace natto {

Result<Mempool> create_mempool(const std::string& name, std::uint32_t count, int node) {
  rte_mempool* pool = rte_pktmbuf_pool_create(name.c_str(), count, kMempoolCache, 0,
                                              RTE_MBUF_DEFAULT_BUF_SIZE, node);
  if (pool == nullptr) {
    Error error = dpdk_error("allocate", fmt::format("{} packet buffers", count), rte_errno);
    error.message +=
        fmt::format("\n  they need about {} MiB: lower [dpdk] mbufs, or reserve more hugepages",
                    std::uint64_t{count} * kMbufFootprintBytes >> 20);
    return error;
  }
  return Mempool(pool);
}

}  // namespace natto
