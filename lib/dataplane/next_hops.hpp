#pragma once

// Where each port's packets go next, as control knows it: an immutable table behind an
// RCU-protected pointer.

#include <optional>
#include <vector>

#include "base/address.hpp"
#include "config/model.hpp"
#include "packet/arp.hpp"
#include "packet/wire.hpp"

namespace natto {

/// The next hops of one port. A static MAC takes every packet; else a host on the link is its own
/// next hop, and everything else goes to the gateway. Aligned, so that indexing takes a shift.
class alignas(64) NextHops {
 public:
  struct Description {
    Ipv4Prefix subnet;  ///< of the port
    MacAddress mac;     ///< of the port
    std::optional<MacAddress> static_mac;
    std::optional<MacAddress> gateway_mac;  ///< as resolved
    std::vector<ArpParty> neighbours;       ///< on the link, by ascending address
  };

  explicit NextHops(const Description& description);

  /// How to address frames with packets for `destination`; null if the next hop's MAC address is
  /// not known (yet).
  [[nodiscard]] const EthernetAddresses* find(Ipv4Address destination) const noexcept {
    if ((destination.bits.raw() & on_link_mask_raw_) == on_link_raw_) [[unlikely]] {
      return find_neighbour(destination);
    }
    return has_default_ ? &default_ : nullptr;
  }

  /// Hosts on the link whose MAC addresses are known.
  [[nodiscard]] std::size_t neighbours() const noexcept { return neighbours_.size(); }

 private:
  struct Neighbour {
    Ipv4Address address;
    EthernetAddresses addresses;
  };

  [[nodiscard]] const EthernetAddresses* find_neighbour(Ipv4Address destination) const noexcept;

  std::uint32_t on_link_mask_raw_;
  std::uint32_t on_link_raw_;  ///< with bits outside the mask if nothing is looked for on the link
  bool has_default_;
  EthernetAddresses default_{};
  std::vector<Neighbour> neighbours_;  ///< by ascending address
};

/// Of every port, by RealmId.
using NextHopTable = std::vector<NextHops>;

}  // namespace natto
