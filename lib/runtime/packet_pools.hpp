#pragma once

// Packet buffers in the memory of every NUMA node on which a worker runs: what a worker receives,
// copies and cuts lies near it.

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "dpdk/mempool.hpp"

namespace natto {

/// How many of `count` buffers each NUMA node gets, by the number of workers on it; `nodes` are the
/// workers'. Where there are several nodes each gets `shared` more, since what waits for control
/// may come from any of them.
[[nodiscard]] std::map<int, std::uint32_t> pool_sizes(std::uint32_t count, std::uint32_t shared,
                                                      std::span<const int> nodes);

class PacketPools {
 public:
  /// After EAL was initialised; for the meaning of the parameters see pool_sizes. Fails if there is
  /// too little memory.
  [[nodiscard]] static Result<PacketPools> create(std::uint32_t count, std::uint32_t shared,
                                                  std::span<const int> nodes);

  /// Each worker's. Two on one node have the same.
  [[nodiscard]] const std::vector<rte_mempool*>& by_worker() const noexcept { return by_worker_; }

 private:
  PacketPools() = default;

  std::map<int, Mempool> pools_;  ///< by NUMA node
  std::vector<rte_mempool*> by_worker_;
};

}  // namespace natto
