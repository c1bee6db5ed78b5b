#pragma once

// Who tried what: the packets that natto refuses, as the record of refusals tells them apart.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.hpp"
#include "base/realm.hpp"
#include "packet/drop_reasons.hpp"

namespace natto {

/// Whether the record of refusals tells of packets dropped for `reason`: those that natto could
/// have translated, and was told not to by the table or the policy.
[[nodiscard]] constexpr bool is_refusal(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::kSourceNotMapped:
    case DropReason::kSourceIsMappedAddress:
    case DropReason::kSourceIsOwnAddress:
    case DropReason::kDestinationNotMapped:
    case DropReason::kHairpinNotAllowed:
    case DropReason::kNotAllowed:
    case DropReason::kOpenedByOtherSide:
    case DropReason::kOverLimit:
      return true;
    default:
      return false;
  }
}

/// Refused packets that differ in nothing that is told of them but the source port.
struct RefusedFlow {
  Ipv4Address source = {};       ///< as it came
  Ipv4Address destination = {};  ///< as it came
  RealmId realm = 0;             ///< of the port it came by
  DropReason reason = {};
  std::uint8_t protocol = 0;
  std::uint16_t destination_port = 0;  ///< host order; 0: the packet has none
  std::uint16_t source_port = 0;       ///< of the first packet; no part of what tells flows apart
};

/// What tells flows apart, in 16 bytes.
struct RefusedFlowKey {
  std::uint64_t addresses = 0;
  std::uint64_t rest = 0;

  [[nodiscard]] static RefusedFlowKey of(const RefusedFlow& flow) noexcept {
    return {std::uint64_t{flow.source.bits.raw()} << 32U | flow.destination.bits.raw(),
            std::uint64_t{flow.realm} << 32U |
                std::uint64_t{static_cast<std::uint8_t>(flow.reason)} << 24U |
                std::uint64_t{flow.protocol} << 16U | flow.destination_port};
  }
  [[nodiscard]] RefusedFlow flow(std::uint16_t source_port) const noexcept {
    return {.source = {Be32::from_raw(static_cast<std::uint32_t>(addresses >> 32U))},
            .destination = {Be32::from_raw(static_cast<std::uint32_t>(addresses))},
            .realm = static_cast<RealmId>(rest >> 32U),
            .reason = static_cast<DropReason>(rest >> 24U & 0xffU),
            .protocol = static_cast<std::uint8_t>(rest >> 16U),
            .destination_port = static_cast<std::uint16_t>(rest),
            .source_port = source_port};
  }
  friend constexpr bool operator==(const RefusedFlowKey&, const RefusedFlowKey&) = default;
};

/// Some packets, and their bytes from the IPv4 header on.
struct RefusedCount {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  constexpr RefusedCount& operator+=(const RefusedCount& other) noexcept {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
  friend constexpr RefusedCount operator-(const RefusedCount& a, const RefusedCount& b) noexcept {
    return {a.packets - b.packets, a.bytes - b.bytes};
  }
  friend constexpr bool operator==(const RefusedCount&, const RefusedCount&) = default;
};

struct RefusedPacket {
  RefusedFlow flow;
  std::uint32_t bytes;  ///< of the IPv4 packet
};

/// The packet that begins with `head`, which parse() forwarded before it was refused.
[[nodiscard]] RefusedPacket refused_packet(std::span<const std::uint8_t> head, RealmId realm,
                                           DropReason reason) noexcept;

}  // namespace natto
