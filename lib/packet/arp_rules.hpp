#pragma once

#include <cstddef>

#include "base/realm.hpp"
#include "packet/port_rules.hpp"
#include "packet/role.hpp"

namespace natto {

/// Whether natto answers ARP requests for `address` on the port `port` of `realm`: for its own
/// address there, and while it is active for the mapped addresses that hosts on the link expect
/// there. These are those of hosts in other realms, or of any host where all are behind one port;
/// never an address that a host of this realm really has. `table`: as look_up_rest()'s. Any thread.
template <typename Table>
[[nodiscard]] bool answers_arp_for(Ipv4Address address, RealmId realm, const PortRules& port,
                                   std::size_t ports, Role role, const Table& table) {
  if (address == port.address.address) {
    return true;
  }
  if (role == Role::kStandby) {
    return false;
  }
  const auto mapped = table.find_mapped(address);
  return mapped && (ports == 1 || mapped->realm != realm) && !table.find_real(realm, address);
}

}  // namespace natto
