#include "table/announced.hpp"

#include <algorithm>

namespace natto {

std::vector<Ipv4Prefix> announced_on(RealmId realm, const Config& config,
                                     const MappingTable& table) {
  std::vector<Ipv4Prefix> announced;
  for (const Mapping& mapping : table.mappings) {
    if (config.ports.size() == 1 || mapping.realm != realm) {
      announced.push_back(mapping.mapped);
    }
  }
  const Ipv4Prefix& subnet = config.ports[realm].address;
  // clang 14 does not get along with the one of std::ranges.
  std::stable_partition(announced.begin(), announced.end(), [&subnet](const Ipv4Prefix& mapped) {
    return subnet.contains(mapped.address);
  });
  return announced;
}

}  // namespace natto
