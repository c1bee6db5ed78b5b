#pragma once

#include <vector>

#include "config/model.hpp"
#include "table/mapping.hpp"

namespace natto {

/// The mapped addresses that hosts on the link of the port of `realm` may know a MAC address of:
/// those of other realms, or all where there is one port; those of the port's subnet first. Which
/// of them natto answers for at an instant is answers_arp_for()'s to say. Any thread.
[[nodiscard]] std::vector<Ipv4Prefix> announced_on(RealmId realm, const Config& config,
                                                   const MappingTable& table);

}  // namespace natto
