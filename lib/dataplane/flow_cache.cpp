#include "dataplane/flow_cache.hpp"

#include <cerrno>

#include "dpdk/error.hpp"

namespace natto {

Result<FlowCache> FlowCache::create(int socket) {
  RteArray<Set> sets = make_rte_array<Set>(kSets, socket);
  if (!sets) {
    return dpdk_error("allocate", "a worker's flow cache", ENOMEM);
  }
  return FlowCache(std::move(sets));
}

}  // namespace natto
