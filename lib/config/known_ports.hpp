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
};

struct KnownPorts {
  std::vector<KnownPort> ports;  ///< at most kMaxPorts; the index is the RealmId
  bool complete = true;          ///< there is no realm but these
};

}  // namespace natto
