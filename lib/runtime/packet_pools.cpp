#include "runtime/packet_pools.hpp"

#include <fmt/format.h>

#include <utility>

namespace natto {

std::map<int, std::uint32_t> pool_sizes(std::uint32_t count, std::uint32_t shared,
                                        std::span<const int> nodes) {
  std::map<int, std::uint64_t> workers;
  for (const int node : nodes) {
    ++workers[node];
  }
  std::map<int, std::uint32_t> sizes;
  for (const auto& [node, here] : workers) {
    const std::uint64_t share = (count * here + nodes.size() - 1) / nodes.size();
    sizes[node] = static_cast<std::uint32_t>(share + (workers.size() > 1 ? shared : 0));
  }
  return sizes;
}

Result<PacketPools> PacketPools::create(std::uint32_t count, std::uint32_t shared,
                                        std::span<const int> nodes) {
  PacketPools pools;
  for (const auto& [node, size] : pool_sizes(count, shared, nodes)) {
    Result<Mempool> created = create_mempool(fmt::format("natto_packets_{}", node), size, node);
    if (!created) {
      return created.error();
    }
    pools.pools_.emplace(node, std::move(*created));
  }
  for (const int node : nodes) {
    pools.by_worker_.push_back(pools.pools_.at(node).get());
  }
  return pools;
}

}  // namespace natto
