#pragma once

// How much memory packets and tables take.

#include <cstddef>
#include <cstdint>

#include "base/result.hpp"
#include "config/model.hpp"

namespace natto {

/// The packet buffers that `ports` ports and `workers` workers can hold at once, if the largest
/// packets take `of_a_packet`.
[[nodiscard]] std::uint32_t mbufs_needed(std::size_t ports, std::size_t workers,
                                         std::size_t of_a_packet = 1);

/// The memory in MiB that DPDK needs for this appliance, of hugepages where it has network cards.
[[nodiscard]] std::uint32_t memory_mib_needed(const Config& config);

struct MemoryPlan {
  std::uint32_t mbufs;         ///< packet buffers of all workers
  std::uint32_t shared_mbufs;  ///< more on each of several NUMA nodes: see pool_sizes
  std::uint32_t mib;           ///< all that DPDK needs
};

/// For as many workers; fails if the config wants fewer buffers than they can hold at once.
[[nodiscard]] Result<MemoryPlan> plan_memory(const Config& config, std::size_t workers);

}  // namespace natto
