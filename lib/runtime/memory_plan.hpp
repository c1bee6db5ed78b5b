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

/// The memory in MiB that DPDK needs for this appliance, of hugepages where it has network cards:
/// with a table of `mappings`, and another one as large that replaces it.
[[nodiscard]] std::uint32_t memory_mib_needed(const Config& config, std::size_t mappings);

/// By how many mappings a table may grow for each MiB more.
[[nodiscard]] std::size_t mappings_per_mib(std::size_t workers);

struct MemoryPlan {
  std::uint32_t mbufs;         ///< packet buffers of all workers
  std::uint32_t shared_mbufs;  ///< more on each of several NUMA nodes: see pool_sizes
  std::uint32_t mib;           ///< all that DPDK needs: see memory_mib_needed
  std::uint32_t roomy_mib;     ///< of normal memory, which is taken as it is used: tables may grow
};

/// For as many workers; fails if the config wants fewer buffers than they can hold at once.
[[nodiscard]] Result<MemoryPlan> plan_memory(const Config& config, std::size_t workers,
                                             std::size_t mappings);

}  // namespace natto
