#include "export/overlap.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <vector>

namespace natto::exports {

std::set<std::size_t> overlapping_mappings(const MappingTable& table) {
  const auto& mappings = table.mappings;
  std::vector<std::size_t> order(mappings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::tuple(mappings[i].real.address.host(), mappings[i].real.length);
  });
  std::set<std::size_t> found;
  // Prefixes nest: those that hold an address come before it and still last.
  std::vector<std::size_t> open;
  for (const std::size_t i : order) {
    std::erase_if(open,
                  [&](std::size_t o) { return !mappings[o].real.overlaps(mappings[i].real); });
    for (const std::size_t o : open) {
      if (mappings[o].realm != mappings[i].realm) {
        found.insert({o, i});
      }
    }
    open.push_back(i);
  }
  return found;
}

}  // namespace natto::exports
