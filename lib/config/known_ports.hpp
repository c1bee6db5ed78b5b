#pragma once

// The ports as the mapping table sees them: as much of each as is right in natto.toml.

#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace natto {

struct KnownPort {
  std::string realm;  ///< empty if unknown
  std::optional<Ipv4Prefix> address;
  std::optional<Ipv4Address> gateway;
  bool leads_on = false;  ///< to hosts outside the subnet: it has a gateway or gateway_mac
};

struct KnownPorts {
  std::vector<KnownPort> ports;  ///< at most kMaxPorts; the index is the RealmId
  bool complete = true;          ///< there is no realm but these
};

}  // namespace natto
