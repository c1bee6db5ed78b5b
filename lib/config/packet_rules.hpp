#pragma once

// What the config says of a port, as the packet path is told it.

#include "config/model.hpp"
#include "packet/parse.hpp"
#include "packet/port_rules.hpp"

namespace natto {

/// `realm`: the port's.
[[nodiscard]] inline PortRules rules_of(const PortConfig& port, RealmId realm) noexcept {
  return {.address = port.address,
          .mtu = port.mtu,
          .admits_unmapped_sources = port.source_not_mapped == SourceNotMapped::kPass,
          .reaches_kernel = port.kernel_interface.has_value(),
          .closed_realm = port.hairpin == Hairpin::kDrop ? std::optional(realm) : std::nullopt,
          .mss_clamp = port.tcp_mss_clamp};
}

/// `mac`: the port's own. `any_unicast_mac`: see FrameFilter.
[[nodiscard]] inline FrameFilter filter_of(const PortConfig& port, const MacAddress& mac,
                                           bool any_unicast_mac) noexcept {
  return {.mac = mac,
          .any_unicast_mac = any_unicast_mac,
          .record_route = port.record_route == RecordRoute::kPass};
}

}  // namespace natto
