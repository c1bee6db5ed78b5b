#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/address.hpp"
#include "base/realm.hpp"
#include "capture/necessary.hpp"
#include "dataplane/packet_filter.hpp"
#include "packet/drop_reasons.hpp"

namespace natto {

/// The hosts of a mapping.
struct MappedHosts {
  RealmId realm;
  Ipv4Prefix real;
  Ipv4Prefix mapped;

  /// Of the source of a packet that came from `in`, or the destination of one that leaves by it.
  [[nodiscard]] bool has_real(RealmId in, Ipv4Address address) const noexcept {
    return in == realm && real.contains(address);
  }
};

/// Which packets somebody wants, and how much of them. All of it must hold.
struct CaptureOrder {
  /// Of the packet as it came, or as it leaves; absent: every packet.
  std::optional<PacketFilter> filter = std::nullopt;
  NecessaryConditions conditions = {};  ///< of the filter

  std::optional<MappedHosts> one = std::nullopt;    ///< a packet of these hosts …
  std::optional<MappedHosts> other = std::nullopt;  ///< … and of these

  std::optional<RealmId> realm = std::nullopt;
  bool came_in = true;  ///< packets that came in by the port of `realm`
  bool leaves = true;   ///< packets that leave by it

  bool drops_only = false;  ///< dropped packets, for these reasons
  std::array<bool, kDropReasonCount> reasons{};

  std::uint32_t snaplen = 262'144;  ///< bytes of each packet
  std::uint64_t per_second = 0;     ///< packets; 0: all

  [[nodiscard]] bool wants(DropReason reason) const noexcept {
    return !drops_only || reasons[static_cast<std::size_t>(reason)];
  }
  /// Realms: none where the packet did not come in, or is not known to leave.
  [[nodiscard]] bool wants(std::optional<RealmId> in, std::optional<RealmId> out) const noexcept {
    return !realm || (came_in && in == realm) || (leaves && out == realm);
  }
};

}  // namespace natto
