#pragma once

// Leaving a packet's checksums to the hardware of the port that sends it (rte_mbuf_core.h,
// rte_eth_tx_prepare).

#include <rte_mbuf.h>

#include <cstdint>
#include <span>

#include "packet/wire.hpp"

namespace natto {

/// Has the port that sends the packet compute its IPv4 and its TCP or UDP checksum. Its first bytes
/// are `head`; what they hold in the checksums' places no longer counts. False, and nothing is
/// changed, if that must not be:
///  - the receive hardware does not vouch for both checksums. It would get a good one whatever
///    happened to it on the way (R3);
///  - it has none that hardware computes: other protocols, fragments, UDP without a checksum (R4).
///
/// ENA takes the packet's DF bit from its packet type, which rte_eth_tx_prepare sets
/// (ena_ethdev.c): the type that was found on reception must not stay.
[[nodiscard]] inline bool leave_checksums_to_port(rte_mbuf& mbuf,
                                                  std::span<std::uint8_t> head) noexcept {
  constexpr std::uint64_t kBoth = RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK;
  constexpr std::uint64_t kBothGood = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  if ((mbuf.ol_flags & kBoth) != kBothGood || ip.more_fragments() || ip.fragment_offset() != 0) {
    return false;
  }
  std::uint64_t transport = RTE_MBUF_F_TX_TCP_CKSUM;
  if (ip.protocol == protocol::kUdp) {
    const std::size_t udp = kIpv4Offset + ip.header_length();
    if (header_at<UdpHeader>(head, udp).checksum.raw() == 0) {
      return false;
    }
    transport = RTE_MBUF_F_TX_UDP_CKSUM;
  } else if (ip.protocol != protocol::kTcp) {
    return false;
  }
  ip.checksum = Be16::from_raw(0);
  mbuf.ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | transport;
  mbuf.tx_offload = rte_mbuf_tx_offload(kIpv4Offset, ip.header_length(), 0, 0, 0, 0, 0);
  mbuf.packet_type &= ~std::uint32_t{RTE_PTYPE_L4_MASK | RTE_PTYPE_INNER_L4_MASK};
  return true;
}

}  // namespace natto
