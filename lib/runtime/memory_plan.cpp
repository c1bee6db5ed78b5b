#include "runtime/memory_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/control.hpp"
#include "dataplane/dataplane.hpp"
#include "dataplane/pipeline.hpp"
#include "dpdk/mempool.hpp"
#include "ports/port_plan.hpp"
#include "table/translation_table.hpp"

namespace natto {
namespace {

/// What DPDK needs beside packet buffers, workers' caches and tables: the EAL's own, what is
/// lost between all these, and for each pair of queues its descriptors and natto's rings. Of two
/// ports of net_ena in DPDK 22.11, 9 MiB were in use with one worker, and 18 with two.
constexpr std::uint32_t kRestMib = 32;
constexpr std::uint32_t kQueuePairMib = 4;
constexpr std::uint32_t kRoomForTablesMib = 512;
/// Two versions of a table are there while one replaces the other.
constexpr std::size_t kVersions = 2;
/// On as many NUMA nodes workers are at most: instances of EC2 have no more.
constexpr std::uint32_t kNodes = 2;

std::uint32_t memory_mib(const Config& config, std::uint32_t mbufs, std::uint32_t shared_mbufs,
                         std::size_t workers, std::size_t mappings) {
  const std::uint64_t more_mbufs = workers > 1 ? std::uint64_t{kNodes} * shared_mbufs : 0;
  const std::uint64_t bytes =
      (mbufs + more_mbufs) * kMbufFootprintBytes +
      workers * (TranslationCache::bytes_for(mappings) + PairCache::kBytes) +
      kVersions * mappings * TranslationTable::bytes_per_mapping(workers);
  const std::size_t queue_pairs = config.ports.size() * workers;
  return static_cast<std::uint32_t>((bytes >> 20) + kRestMib + queue_pairs * kQueuePairMib);
}

std::uint32_t mbufs_needed(const Config& config, std::size_t workers) {
  std::size_t largest = 0;
  for (const PortConfig& port : config.ports) {
    largest = std::max<std::size_t>(largest, kIpv4Offset + port.mtu);
  }
  return natto::mbufs_needed(config.ports.size(), workers, buffers_of(largest));
}

}  // namespace

std::uint32_t mbufs_needed(std::size_t ports, std::size_t workers, std::size_t of_a_packet) {
  const std::size_t in_queues = ports * workers * 2 * kDescriptors;  // a buffer a descriptor
  const std::size_t in_caches = (workers + 1) * kMempoolCache;
  const std::size_t packets =
      workers * kBurst * ports + ring_capacity(ports, workers) + ports * Control::kMaxWaiting;
  return static_cast<std::uint32_t>(in_queues + in_caches + packets * of_a_packet);
}

std::uint32_t memory_mib_needed(const Config& config, std::size_t mappings) {
  const std::size_t workers = config.dpdk.lcores.size();
  return memory_mib(config, config.dpdk.mbufs.value_or(mbufs_needed(config, workers)),
                    mbufs_needed(config, 1), workers, mappings);
}

std::size_t mappings_per_mib(std::size_t workers) {
  return (1U << 20) / (kVersions * TranslationTable::bytes_per_mapping(workers));
}

Result<MemoryPlan> plan_memory(const Config& config, std::size_t workers, std::size_t mappings) {
  const std::uint32_t needed = mbufs_needed(config, workers);
  const std::uint32_t mbufs = config.dpdk.mbufs.value_or(needed);
  if (mbufs < needed) {
    return input_error(fmt::format(
        "[dpdk] mbufs = {} is too few: {} port(s) and {} worker(s) can hold {} at once\n"
        "  raise it, or leave it out",
        mbufs, config.ports.size(), workers, needed));
  }
  const std::uint32_t shared = mbufs_needed(config, 1);
  const std::uint32_t mib = memory_mib(config, mbufs, shared, workers, mappings);
  return MemoryPlan{
      .mbufs = mbufs, .shared_mbufs = shared, .mib = mib, .roomy_mib = mib + kRoomForTablesMib};
}

}  // namespace natto
