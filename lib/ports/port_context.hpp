#pragma once

#include "dataplane/dataplane.hpp"
#include "ports/port.hpp"

namespace natto {

/// `config`'s port, which was started as `port`, as the packet path knows it.
[[nodiscard]] inline PortContext make_port_context(const PortConfig& config, RealmId realm,
                                                   const Port& port, bool any_unicast_mac) {
  return make_port_context(config, realm,
                           PortDevice{.id = port.id(),
                                      .mac = port.mac(),
                                      .computes_checksums = port.plan().checksum_offload,
                                      .software_rss = port.plan().software_rss},
                           any_unicast_mac);
}

}  // namespace natto
