#pragma once

// Which ports workers may touch. While a device is reset nobody may be inside its receive and
// transmit calls, and workers neither wait nor lock. So control takes the port out of the set, and
// lets one grace period of the Quiescence pass: a worker reads the set once per poll and is
// quiescent between polls, so after that none is inside the port, nor will be until control puts it
// back.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "config/model.hpp"

namespace natto {

/// A set of ports.
class PortSet {
 public:
  constexpr PortSet() noexcept = default;
  /// The ports whose RealmId is below `count`.
  [[nodiscard]] static constexpr PortSet first(std::size_t count) noexcept {
    return PortSet(static_cast<Bits>((std::uint64_t{1} << count) - 1));
  }

  [[nodiscard]] constexpr bool contains(RealmId realm) const noexcept {
    return (bits_ & bit(realm)) != 0;
  }
  /// The one port that there is; none if there are more or fewer.
  [[nodiscard]] constexpr std::optional<RealmId> only() const noexcept {
    return std::has_single_bit(bits_) ? std::optional(static_cast<RealmId>(std::countr_zero(bits_)))
                                      : std::nullopt;
  }
  [[nodiscard]] constexpr PortSet with(RealmId realm) const noexcept {
    return PortSet(bits_ | bit(realm));
  }
  [[nodiscard]] constexpr PortSet without(RealmId realm) const noexcept {
    return PortSet(bits_ & ~bit(realm));
  }

 private:
  using Bits = std::uint32_t;  ///< bit i is the port of RealmId i
  static_assert(kMaxPorts <= sizeof(Bits) * 8);

  explicit constexpr PortSet(Bits bits) noexcept : bits_(bits) {}
  [[nodiscard]] static constexpr Bits bit(RealmId realm) noexcept { return Bits{1} << realm; }

  Bits bits_ = 0;
};

}  // namespace natto
