#pragma once

// Where each port's packets go next, as control knows it: an immutable snapshot that is published
// to the workers.

#include <optional>
#include <vector>

#include "base/address.hpp"
#include "config/model.hpp"
#include "neighbour/arp.hpp"

namespace natto {

/// The next hops of one port. A static MAC takes every packet; else a host on the link is its own
/// next hop, and everything else goes to the gateway.
class NextHops {
 public:
  struct Description {
    Ipv4Prefix subnet;  ///< of the port
    std::optional<MacAddress> static_mac;
    std::optional<MacAddress> gateway_mac;  ///< as resolved
    std::vector<ArpParty> neighbours;       ///< on the link, by ascending address
  };

  explicit NextHops(Description description);

  /// The MAC address to send packets for `destination` to; null if it is not known (yet).
  [[nodiscard]] const MacAddress* find(Ipv4Address destination) const noexcept {
    if (is_fixed_ || !subnet_.contains(destination)) {
      return has_default_ ? &default_ : nullptr;
    }
    return find_neighbour(destination);
  }

 private:
  [[nodiscard]] const MacAddress* find_neighbour(Ipv4Address destination) const noexcept;

  Ipv4Prefix subnet_;
  bool is_fixed_;  ///< `default_` is the static MAC
  bool has_default_;
  MacAddress default_;
  std::vector<ArpParty> neighbours_;
};

/// Of every port, by RealmId.
using NextHopTable = std::vector<NextHops>;

}  // namespace natto
