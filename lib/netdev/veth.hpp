#pragma once

// The other end of a veth, the kernel's virtual cable (veth(4)).

#include <optional>
#include <string>

#include "netdev/rtnetlink.hpp"

namespace natto {

struct VethPeer {
  std::string name;  ///< empty: it is in another network namespace, and cannot be asked
  /// It leaves the TCP and UDP checksums of what it sends to hardware that a veth does not have.
  bool leaves_checksums = false;
};

/// None: the interface is no veth.
[[nodiscard]] std::optional<VethPeer> find_veth_peer(const NetInterface& interface);

}  // namespace natto
