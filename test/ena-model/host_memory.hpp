#pragma once

// The host's memory as the card reaches it: by I/O virtual address.

#include <rte_memory.h>

#include <array>
#include <cstdint>

namespace ena_model {

/// Used by the cards' thread. Where IOVA is the physical address, DPDK's tables tell where that is
/// mapped (rte_mem_iova2virt); they are walked once a page.
class HostMemory {
 public:
  /// Null: the host has given the card no such memory.
  [[nodiscard]] std::uint8_t* at(std::uint64_t iova) {
    constexpr unsigned kPageBits = 21;
    const std::uint64_t page = iova >> kPageBits;
    Entry& entry = cache_[page % cache_.size()];
    if (entry.page != page + 1) {
      void* const start = rte_mem_iova2virt(page << kPageBits);
      if (start == nullptr) {
        return static_cast<std::uint8_t*>(rte_mem_iova2virt(iova));
      }
      entry = {page + 1, static_cast<std::uint8_t*>(start)};
    }
    return entry.start + (iova & ((1U << kPageBits) - 1));
  }
  template <typename T>
  [[nodiscard]] T* as(std::uint64_t iova) {
    return reinterpret_cast<T*>(at(iova));
  }
  /// Pages may have gone back to the host.
  void forget() { cache_ = {}; }

 private:
  struct Entry {
    std::uint64_t page = 0;  ///< and 1
    std::uint8_t* start = nullptr;
  };
  std::array<Entry, 256> cache_{};
};

}  // namespace ena_model
