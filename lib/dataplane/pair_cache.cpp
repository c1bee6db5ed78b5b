#include "dataplane/pair_cache.hpp"

#include <algorithm>
#include <cerrno>

#include "dpdk/error.hpp"

namespace natto {

Result<PairCache> PairCache::create(int socket) {
  RteArray<CachedPair> entries = make_rte_array<CachedPair>(kEntries, socket);
  RteArray<DirectionCounters> uncounted = make_rte_array<DirectionCounters>(1, socket);
  if (!entries || !uncounted) {
    return dpdk_error("allocate", "a worker's cache of the policy", ENOMEM);
  }
  return PairCache(std::move(entries), std::move(uncounted));
}

void PairCache::remember(Policy::Group source, Policy::Group destination, std::uint8_t protocol,
                         CachedPair pair) noexcept {
  const Reader places = reader();
  pair.groups = Reader::groups_of(source, destination);
  pair.tag = epoch_ | protocol;
  CachedPair* const place = places.place_of(pair.groups, protocol);
  *places.other_half(place) = *place;
  *place = pair;
}

void PairCache::forget() noexcept {
  epoch_ += kEpochStep;
  if (epoch_ == 0) {  // it comes round: what an epoch of the same number left is still there
    std::fill_n(entries_.get(), kEntries, CachedPair{});
    epoch_ = kEpochStep;
  }
}

}  // namespace natto
