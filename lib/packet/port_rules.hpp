#pragma once

#include <cstdint>
#include <optional>

#include "base/address.hpp"
#include "base/realm.hpp"

namespace natto {

/// What decides about the packets of one port, beside the mapping table.
struct PortRules {
  Ipv4Prefix address;                    ///< natto's own on this link
  std::uint16_t mtu = 1500;              ///< bytes from the IPv4 header on
  bool admits_unmapped_sources = false;  ///< R24
  bool reaches_kernel = false;           ///< the kernel has `address` too: kernel_interface
  /// The port's own realm, where it drops hairpins: no packet goes from here to a host there. R38
  std::optional<RealmId> closed_realm = std::nullopt;
  /// Holds TCP to segments that both ports' MTUs carry (largest_mss()), of at most this many bytes.
  std::optional<std::uint16_t> mss_clamp = std::nullopt;
};

}  // namespace natto
