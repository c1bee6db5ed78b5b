#pragma once

#include <rte_ring.h>

#include <memory>
#include <string>

#include "base/result.hpp"

namespace natto {

struct RingDeleter {
  void operator()(rte_ring* ring) const noexcept { rte_ring_free(ring); }
};

/// Owns a lock-free queue of pointers, which must be empty before it goes.
using Ring = std::unique_ptr<rte_ring, RingDeleter>;

/// A single-consumer ring for any number of producers. `size`: a power of two, one more than it
/// holds. `name`: unique in the process, at most 20 characters.
[[nodiscard]] Result<Ring> create_ring(const std::string& name, unsigned size);

}  // namespace natto
