#pragma once

#include <cstdint>

namespace natto {

/// The source of an ICMP error that a router without a mapping sent (R32).
enum class OuterSource : std::uint8_t {
  kOwn,                ///< natto's own address on the port it leaves by
  kMappedDestination,  ///< the mapped address of the host that the quoted packet was for
  kDrop,               ///< the error is dropped
};

/// What natto does with an ICMP error whose quoted header has a wrong checksum (R27).
enum class InnerChecksumBad : std::uint8_t { kPass, kDrop };

/// What decides about the ICMP errors that pass natto.
struct IcmpRules {
  OuterSource outer_source = OuterSource::kOwn;
  InnerChecksumBad inner_checksum_bad = InnerChecksumBad::kPass;
};

}  // namespace natto
