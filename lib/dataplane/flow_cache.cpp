#include "dataplane/flow_cache.hpp"

#include <algorithm>
#include <cerrno>

#include "dpdk/error.hpp"

namespace natto {

Result<FlowCache> FlowCache::create(int socket) {
  RteArray<Line> lines = make_rte_array<Line>(kLines, socket);
  if (!lines) {
    return dpdk_error("allocate", "a worker's flow cache", ENOMEM);
  }
  return FlowCache(std::move(lines));
}

void FlowCache::remember(RealmId realm, Key key, Line& line, const Flow& flow) noexcept {
  const Entry entry{.key = key, .tag = tag(realm), .flow = flow};
  for (Line* in : {&line, &reader(realm).neighbour(line)}) {
    for (Entry& place : *in) {
      if (place.tag >> kRealmBits != epoch_) {  // never used, or of an older table
        place = entry;
        return;
      }
    }
  }
  constexpr std::uint32_t kTimesToReplace = 8;
  if (++crowded_ % kTimesToReplace == 0) {
    line[1] = line[0];
    line[0] = entry;
  }
}

void FlowCache::forget() noexcept {
  epoch_ = (epoch_ + 1) & 0xffffffU;
  if (epoch_ == 0) {  // come round: what an epoch of the same number left is still there
    std::fill_n(lines_.get(), kLines, Line{});
    epoch_ = 1;
  }
}

}  // namespace natto
