#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace natto {

struct MempoolDeleter {
  void operator()(rte_mempool* pool) const noexcept { rte_mempool_free(pool); }
};

/// Owns a pool of packet buffers. Every buffer must be back before it goes.
using Mempool = std::unique_ptr<rte_mempool, MempoolDeleter>;

/// `count` buffers with room for a standard Ethernet frame each (2,048 bytes and the headroom);
/// larger frames take several. `name`: unique in the process, at most 20 characters. `node`: the
/// NUMA node whose memory they lie in, or SOCKET_ID_ANY.
[[nodiscard]] Result<Mempool> create_mempool(const std::string& name, std::uint32_t count,
                                             int node = SOCKET_ID_ANY);

/// Of such buffers, those that a frame of `frame_bytes` takes.
[[nodiscard]] constexpr std::size_t buffers_of(std::size_t frame_bytes) noexcept {
  return (frame_bytes + RTE_MBUF_DEFAULT_DATAROOM - 1) / RTE_MBUF_DEFAULT_DATAROOM;
}

/// Bytes of memory that one buffer of such a pool takes, rounded up.
inline constexpr std::uint32_t kMbufFootprintBytes = 2560;

/// The cache of buffers that each lcore keeps of a pool.
inline constexpr std::uint32_t kMempoolCache = 256;

struct MbufDeleter {
  void operator()(rte_mbuf* mbuf) const noexcept { rte_pktmbuf_free(mbuf); }
};

/// Owns one packet, all its segments. For the control side; the packet path passes raw pointers.
using Mbuf = std::unique_ptr<rte_mbuf, MbufDeleter>;

}  // namespace natto
