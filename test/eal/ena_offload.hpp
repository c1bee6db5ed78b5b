#pragma once

// What ENA does to a packet on its way in and out (ena_rx_mbuf_prepare, eth_ena_prep_pkts and
// ena_tx_mbuf_prepare of DPDK 22.11), and what its hardware then makes of the checksums.

#include <rte_mbuf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/bytes.hpp"

namespace natto::test {

/// Segments of a packet that the hardware takes.
inline constexpr unsigned kEnaMaxSegments = 17;

struct EnaOffload {
  std::uint64_t tx_offloads = 0;  ///< RTE_ETH_TX_OFFLOAD_* asked for when configuring
  bool partial_checksum = false;  ///< the field holds the pseudo-header's sum beforehand
};

/// The bytes of all segments of `mbuf`.
[[nodiscard]] Bytes all_bytes(const rte_mbuf& mbuf);

/// Whether ENA's RSS hashes the frame: unfragmented TCP or UDP over IPv4.
[[nodiscard]] bool ena_hashes(const Bytes& frame);

/// Sets packet type and checksum flags of a received `mbuf`, whose bytes are `frame`.
void set_received_flags(rte_mbuf& mbuf, const Bytes& frame);

/// As rte_eth_tx_prepare: 0, or the errno with which the driver refuses the packet.
[[nodiscard]] int prepare_packet(rte_mbuf& mbuf, const EnaOffload& offload);

/// The frame as it is on the wire. What the hardware could not have done as asked is added to
/// `complaints`.
[[nodiscard]] Bytes transmit_packet(const rte_mbuf& mbuf, const EnaOffload& offload,
                                    std::vector<std::string>& complaints);

}  // namespace natto::test
