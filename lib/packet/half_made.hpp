#pragma once

// Knows the checksums that a kernel leaves to hardware which is not there.

#include <cstdint>
#include <span>

#include "packet/checksum.hpp"
#include "packet/plain.hpp"

namespace natto {

/// Whether the TCP or UDP checksum of a plain packet is no more than the pseudo-header's sum: what
/// Linux writes there when the hardware of the sending interface is to add the rest
/// (CHECKSUM_PARTIAL). Virtual hardware (veth) adds nothing, and the receiver discards the packet.
/// Of right checksums, one in 65,535 looks so too. `packet`: the frame, without padding.
[[nodiscard]] inline bool is_checksum_half_made(std::span<const std::uint8_t> packet) noexcept {
  const auto& ip = header_at<Ipv4Header>(packet, kIpv4Offset);
  const bool has_checksum = ip.protocol == protocol::kTcp || ip.protocol == protocol::kUdp;
  if (!has_checksum || ip.more_fragments() || ip.fragment_offset() != 0) {
    return false;
  }
  const auto length = static_cast<std::uint16_t>(packet.size() - kTransportOffset);
  const std::uint16_t rest =
      ones_add(Be16::from_host(length).raw(), Be16::from_host(ip.protocol).raw());
  constexpr std::size_t kAddressesBytes = 2 * sizeof(Ipv4Address);
  return header_at<Be16>(packet, kPlainTransport[ip.protocol].offset).raw() ==
         ones_sum(packet.subspan(kTransportOffset - kAddressesBytes, kAddressesBytes), rest);
}

}  // namespace natto
