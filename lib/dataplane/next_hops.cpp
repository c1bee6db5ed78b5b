#include "dataplane/next_hops.hpp"

#include <algorithm>
#include <utility>

namespace natto {

NextHops::NextHops(Description description)
    : subnet_(description.subnet),
      is_fixed_(description.static_mac.has_value()),
      has_default_(description.static_mac || description.gateway_mac),
      default_(description.static_mac.value_or(description.gateway_mac.value_or(MacAddress{}))),
      neighbours_(std::move(description.neighbours)) {}

const MacAddress* NextHops::find_neighbour(Ipv4Address destination) const noexcept {
  const auto found = std::ranges::lower_bound(neighbours_, destination, {}, &ArpParty::address);
  return found != neighbours_.end() && found->address == destination ? &found->mac : nullptr;
}

}  // namespace natto
