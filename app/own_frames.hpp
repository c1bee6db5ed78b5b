#pragma once

// A capture taken on natto's link has each packet twice: as it came to natto, and as natto sent the
// translated one on. Here the second are told from the first.

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "base/address.hpp"
#include "config/model.hpp"
#include "table/mapping.hpp"

namespace natto {

/// Which frames of a realm's capture natto had sent, by its MAC address. The capture tells that:
/// it is where frames from hosts of the realm to mapped addresses go.
class OwnFrames {
 public:
  OwnFrames(const MappingTable& table, RealmId realm);

  /// Learns natto's MAC address from a frame. Before is_own().
  void learn(std::span<const std::uint8_t> frame);

  /// Whether natto had sent it. Never one whose source is a real address of the realm.
  [[nodiscard]] bool is_own(std::span<const std::uint8_t> frame) const;

 private:
  [[nodiscard]] static bool holds(const std::vector<Ipv4Prefix>& ranges, Ipv4Address address);

  std::vector<Ipv4Prefix> real_;    ///< of the realm, ascending; none overlaps another
  std::vector<Ipv4Prefix> mapped_;  ///< of all realms, likewise
  std::set<std::array<std::uint8_t, 6>> macs_;
};

}  // namespace natto
