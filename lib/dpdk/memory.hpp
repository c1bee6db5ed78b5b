#pragma once

// Arrays in DPDK's memory: hugepages where EAL has them.

#include <rte_malloc.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace natto {

struct RteFree {
  void operator()(void* memory) const noexcept { rte_free(memory); }
};

/// Elements that need no destructor.
template <typename T>
using RteArray = std::unique_ptr<T[], RteFree>;

/// `count` value-initialised elements, on a cache line of their own; null without memory.
template <typename T>
[[nodiscard]] RteArray<T> make_rte_array(std::size_t count, int socket) {
  static_assert(std::is_trivially_destructible_v<T>);
  // rte_malloc has no memory of no size.
  const std::size_t bytes = std::max<std::size_t>(count, 1) * sizeof(T);
  auto* memory = static_cast<T*>(rte_malloc_socket("natto", bytes, RTE_CACHE_LINE_SIZE, socket));
  if (memory != nullptr) {
    std::uninitialized_value_construct_n(memory, count);
  }
  return RteArray<T>(memory);
}

}  // namespace natto
