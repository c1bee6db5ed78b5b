#include "dataplane/next_hops.hpp"

#include <algorithm>

namespace natto {

NextHops::NextHops(const Description& description)
    : on_link_mask_raw_(Be32::from_host(description.subnet.mask()).raw()),
      on_link_raw_(description.subnet.first().bits.raw()),
      has_default_(description.static_mac || description.gateway_mac) {
  const auto to = [&](const MacAddress& destination) {
    return EthernetAddresses{.destination = destination, .source = description.mac};
  };
  if (description.static_mac) {
    on_link_mask_raw_ = 0;
    on_link_raw_ = 1;
  }
  default_ = to(description.static_mac.value_or(description.gateway_mac.value_or(MacAddress{})));
  for (const ArpParty& party : description.neighbours) {
    neighbours_.push_back({party.address, to(party.mac)});
  }
}

const EthernetAddresses* NextHops::find_neighbour(Ipv4Address destination) const noexcept {
  const auto found = std::ranges::lower_bound(neighbours_, destination, {}, &Neighbour::address);
  return found != neighbours_.end() && found->address == destination ? &found->addresses : nullptr;
}

}  // namespace natto
