#include "dpdk/ring.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "dpdk/error.hpp"

namespace natto {

Result<Ring> create_ring(const std::string& name, unsigned size) {
  rte_ring* ring = rte_ring_create(name.c_str(), size, SOCKET_ID_ANY, RING_F_SC_DEQ);
  if (ring == nullptr) {
    return dpdk_error("create ring", name, rte_errno);
  }
  return Ring(ring);
}

}  // namespace natto
