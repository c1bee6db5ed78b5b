#pragma once

#include <cstdint>

#include "base/address.hpp"
#include "base/realm.hpp"
#include "packet/checksum.hpp"
#include "packet/rewrite.hpp"

namespace natto {

/// One direction of one mapping: what an address that it covers becomes.
struct Translation {
  std::uint32_t exchanged_bits_raw;  ///< network order; a prefix's, so that the host's are kept
  ChecksumDelta delta;               ///< the same for every address of a prefix
  RealmId realm;                     ///< of the mapping
  std::uint32_t mapping;             ///< index in the MappingTable
  std::uint32_t group = 0;           ///< of addresses that the policy treats alike; see Policy

  /// From `from` to `to`, which are equally long and have no host bits.
  [[nodiscard]] static constexpr Translation of(const Ipv4Prefix& from, const Ipv4Prefix& to,
                                                RealmId realm, std::uint32_t mapping,
                                                std::uint32_t group = 0) noexcept {
    return {.exchanged_bits_raw = from.address.bits.raw() ^ to.address.bits.raw(),
            .delta = checksum_delta(from.address.bits, to.address.bits),
            .realm = realm,
            .mapping = mapping,
            .group = group};
  }

  [[nodiscard]] Replacement apply(Ipv4Address address) const noexcept {
    return {{Be32::from_raw(address.bits.raw() ^ exchanged_bits_raw)}, delta};
  }
};

}  // namespace natto
