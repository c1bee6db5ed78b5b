#include "runtime/memory_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/control.hpp"
#include "dataplane/dataplane.hpp"
#include "dataplane/pipeline.hpp"
#include "dpdk/mempool.hpp"
#include "ports/port_plan.hpp"

namespace natto {
namespace {

/// What DPDK needs beside the packet buffers and the translation caches: rings, the EAL's own, what
/// several NUMA nodes have more of buffers (see pool_sizes), and two versions of a table that may
/// grow while the appliance runs.
constexpr std::uint32_t kTableMemoryMib = 512;

std::uint32_t memory_mib(std::uint32_t mbufs, std::size_t workers) {
  const std::uint64_t bytes =
      std::uint64_t{mbufs} * kMbufFootprintBytes + workers * TranslationCache::kBytes;
  return static_cast<std::uint32_t>(bytes >> 20) + kTableMemoryMib;
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

std::uint32_t memory_mib_needed(const Config& config) {
  const std::size_t workers = config.dpdk.lcores.size();
  return memory_mib(config.dpdk.mbufs.value_or(mbufs_needed(config, workers)), workers);
}

Result<MemoryPlan> plan_memory(const Config& config, std::size_t workers) {
  const std::uint32_t needed = mbufs_needed(config, workers);
  const std::uint32_t mbufs = config.dpdk.mbufs.value_or(needed);
  if (mbufs < needed) {
    return input_error(fmt::format(
        "[dpdk] mbufs = {} is too few: {} port(s) and {} worker(s) can hold {} at once\n"
        "  raise it, or leave it out",
        mbufs, config.ports.size(), workers, needed));
  }
  return MemoryPlan{
      .mbufs = mbufs, .shared_mbufs = mbufs_needed(config, 1), .mib = memory_mib(mbufs, workers)};
}

}  // namespace natto
