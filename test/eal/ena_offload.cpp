#include "eal/ena_offload.hpp"

#include <fmt/format.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "support/reference.hpp"

namespace natto::test {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kMinIpv4 = 20;
constexpr std::size_t kLlqHeaderBytes = 96;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint64_t kDriverKnows = RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IPV6 |
                                       RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
                                       RTE_MBUF_F_TX_TCP_SEG;
constexpr std::uint64_t kChecksums = RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IP_CKSUM;

bool is_ipv4(const Bytes& frame) {
  return frame.size() >= kEthernet + kMinIpv4 && read16(frame, 12) == 0x0800 &&
         (frame[kEthernet] & 0x0fU) >= 5 &&
         frame.size() >= kEthernet + (frame[kEthernet] & 0x0fU) * 4U;
}

bool is_fragment(const Bytes& l3) { return (read16(l3, 6) & 0x3fffU) != 0; }

/// Without what pads a short frame.
Bytes packet_of(const Bytes& frame) {
  const std::size_t length =
      std::clamp<std::size_t>(read16(frame, kEthernet + 2), kMinIpv4, frame.size() - kEthernet);
  return {frame.begin() + kEthernet, frame.begin() + static_cast<long>(kEthernet + length)};
}

/// Where the checksum is in a transport header that holds one.
std::optional<std::size_t> checksum_offset(const Bytes& l3) {
  const std::size_t room = l3.size() - (l3[0] & 0x0fU) * 4U;
  if (l3[9] == kTcp && room >= 20) {
    return 16;
  }
  return l3[9] == kUdp && room >= 8 ? std::optional<std::size_t>(6) : std::nullopt;
}

Bytes header_of(const Bytes& l3) {
  return {l3.begin(),
          l3.begin() + std::min<long>((l3[0] & 0x0f) * 4, static_cast<long>(l3.size()))};
}

/// The sum of the pseudo-header, as rte_ipv4_phdr_cksum gives it.
std::uint16_t pseudo_header_sum(const Bytes& l3) {
  Bytes pseudo(l3.begin() + 12, l3.begin() + 20);
  const auto length = static_cast<std::uint16_t>(l3.size() - header_of(l3).size());
  pseudo.insert(pseudo.end(), {0, l3[9], static_cast<std::uint8_t>(length >> 8),
                               static_cast<std::uint8_t>(length)});
  return static_cast<std::uint16_t>(~reference_checksum(pseudo));
}

std::uint64_t asked_checksum(const rte_mbuf& mbuf) { return mbuf.ol_flags & RTE_MBUF_F_TX_L4_MASK; }

/// The driver's descriptor takes DF from these bits of the packet type, and the hardware wants it
/// to be the header's.
bool descriptor_says_dont_fragment(const rte_mbuf& mbuf) {
  return (mbuf.packet_type & (RTE_PTYPE_L4_NONFRAG | RTE_PTYPE_INNER_L4_NONFRAG)) != 0;
}

/// The last one is for a first segment that goes into the descriptor with the headers (LLQ).
bool too_many_segments(const rte_mbuf& mbuf) {
  return mbuf.nb_segs > kEnaMaxSegments ||
         (mbuf.nb_segs == kEnaMaxSegments && mbuf.data_len >= kLlqHeaderBytes);
}

/// What is wrong with the request in `mbuf`; empty if nothing is.
std::string wrong_request(const rte_mbuf& mbuf, const Bytes& frame, const EnaOffload& offload) {
  if ((mbuf.ol_flags & RTE_MBUF_F_TX_IPV4) == 0) {
    return "without RTE_MBUF_F_TX_IPV4";
  }
  if (!is_ipv4(frame)) {
    return "for what is not IPv4 over Ethernet";
  }
  const Bytes l3 = packet_of(frame);
  if (mbuf.l2_len != kEthernet || mbuf.l3_len != header_of(l3).size()) {
    return fmt::format("with l2_len {} and l3_len {} where {} and {} are right",
                       std::uint64_t{mbuf.l2_len}, std::uint64_t{mbuf.l3_len}, kEthernet,
                       header_of(l3).size());
  }
  const bool dont_fragment = (read16(l3, 6) & 0x4000U) != 0;
  if (descriptor_says_dont_fragment(mbuf) != dont_fragment) {
    return fmt::format(
        "with packet type {:#x}, from which the driver takes DF = {}; the header has {}",
        mbuf.packet_type, descriptor_says_dont_fragment(mbuf), dont_fragment);
  }
  const std::uint64_t l4 = asked_checksum(mbuf);
  if (l4 != RTE_MBUF_F_TX_L4_NO_CKSUM) {
    const bool udp = l4 == RTE_MBUF_F_TX_UDP_CKSUM;
    if (is_fragment(l3)) {
      return "of a transport checksum for a fragment";
    }
    if (l3[9] != (udp ? kUdp : kTcp) || !checksum_offset(l3)) {
      return fmt::format("of a {} checksum for protocol {}", udp ? "UDP" : "TCP", l3[9]);
    }
    if ((offload.tx_offloads &
         (udp ? RTE_ETH_TX_OFFLOAD_UDP_CKSUM : RTE_ETH_TX_OFFLOAD_TCP_CKSUM)) == 0) {
      return "of a transport checksum that was not configured";
    }
  }
  if ((mbuf.ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0 &&
      (offload.tx_offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) == 0) {
    return "of an IPv4 checksum that was not configured";
  }
  return "";
}

/// What the hardware writes into the transport checksum of `l3`.
std::uint16_t hardware_checksum(Bytes l3, std::size_t offset, bool partial) {
  const std::size_t header = header_of(l3).size();
  if (!partial) {
    const std::uint16_t sum = reference_transport_checksum(l3, offset);
    return sum == 0 && l3[9] == kUdp ? 0xffff : sum;
  }
  const std::uint16_t sum = reference_checksum({l3.begin() + static_cast<long>(header), l3.end()});
  return sum == 0 && l3[9] == kUdp ? 0xffff : sum;
}

}  // namespace

Bytes all_bytes(const rte_mbuf& mbuf) {
  Bytes bytes;
  for (const rte_mbuf* segment = &mbuf; segment != nullptr; segment = segment->next) {
    const auto* data = rte_pktmbuf_mtod(segment, const std::uint8_t*);
    bytes.insert(bytes.end(), data, data + segment->data_len);
  }
  return bytes;
}

bool ena_hashes(const Bytes& frame) {
  if (!is_ipv4(frame)) {
    return false;
  }
  const Bytes l3 = packet_of(frame);
  return !is_fragment(l3) && checksum_offset(l3).has_value();
}

void set_received_flags(rte_mbuf& mbuf, const Bytes& frame) {
  mbuf.packet_type = 0;
  mbuf.ol_flags = 0;
  if (!is_ipv4(frame)) {
    return;
  }
  const Bytes l3 = packet_of(frame);
  mbuf.packet_type = RTE_PTYPE_L3_IPV4;
  if (l3[9] == kTcp) {
    mbuf.packet_type |= RTE_PTYPE_L4_TCP;
  } else if (l3[9] == kUdp) {
    mbuf.packet_type |= RTE_PTYPE_L4_UDP;
  }
  mbuf.ol_flags |= reference_checksum(header_of(l3)) == 0 ? RTE_MBUF_F_RX_IP_CKSUM_GOOD
                                                          : RTE_MBUF_F_RX_IP_CKSUM_BAD;
  const auto offset = checksum_offset(l3);
  if (!offset || is_fragment(l3)) {
    return;  // RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN
  }
  mbuf.ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
  const std::uint16_t found = read16(l3, header_of(l3).size() + *offset);
  if (l3[9] == kUdp && found == 0) {
    return;
  }
  const std::uint16_t right = hardware_checksum(l3, *offset, false);
  mbuf.ol_flags |= found == right ? RTE_MBUF_F_RX_L4_CKSUM_GOOD : RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

int prepare_packet(rte_mbuf& mbuf, const EnaOffload& offload) {
  if (mbuf.ol_flags == 0) {
    return 0;
  }
  if ((mbuf.ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK & ~kDriverKnows) != 0 ||
      asked_checksum(mbuf) == RTE_MBUF_F_TX_SCTP_CKSUM) {
    return ENOTSUP;
  }
  if (too_many_segments(mbuf)) {
    return EINVAL;
  }
  if ((mbuf.ol_flags & RTE_MBUF_F_TX_IPV4) == 0) {
    return 0;
  }
  // The driver reads the header where l2_len says it is, in the first segment.
  if (mbuf.data_len < mbuf.l2_len + kMinIpv4) {
    return EINVAL;
  }
  const Bytes frame = all_bytes(mbuf);
  if ((frame.at(mbuf.l2_len + 6) & 0x40U) != 0) {
    mbuf.packet_type |= RTE_PTYPE_L4_NONFRAG;
  }
  if (offload.partial_checksum && asked_checksum(mbuf) != RTE_MBUF_F_TX_L4_NO_CKSUM &&
      is_ipv4(frame)) {
    const std::size_t offset = asked_checksum(mbuf) == RTE_MBUF_F_TX_UDP_CKSUM ? 6 : 16;
    const std::size_t at = mbuf.l2_len + mbuf.l3_len + offset;
    if (mbuf.data_len < at + 2) {
      return EINVAL;
    }
    const std::uint16_t sum = pseudo_header_sum(packet_of(frame));
    auto* field = rte_pktmbuf_mtod_offset(&mbuf, std::uint8_t*, at);
    field[0] = static_cast<std::uint8_t>(sum >> 8);
    field[1] = static_cast<std::uint8_t>(sum);
  }
  return 0;
}

Bytes transmit_packet(const rte_mbuf& mbuf, const EnaOffload& offload,
                      std::vector<std::string>& complaints) {
  Bytes frame = all_bytes(mbuf);
  if (too_many_segments(mbuf)) {
    complaints.push_back(fmt::format("a packet in {} segments", mbuf.nb_segs));
  }
  if (mbuf.pkt_len != frame.size()) {
    complaints.push_back(
        fmt::format("a packet of {} bytes whose pkt_len says {}", frame.size(), mbuf.pkt_len));
  }
  if ((mbuf.ol_flags & kChecksums) == 0) {
    return frame;
  }
  if (const std::string wrong = wrong_request(mbuf, frame, offload); !wrong.empty()) {
    complaints.push_back("offloading asked for " + wrong);
    return frame;
  }
  Bytes l3 = packet_of(frame);
  if (asked_checksum(mbuf) != RTE_MBUF_F_TX_L4_NO_CKSUM) {
    const std::size_t offset = *checksum_offset(l3);
    write16(l3, header_of(l3).size() + offset,
            hardware_checksum(l3, offset, offload.partial_checksum));
  }
  if ((mbuf.ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0) {
    fix_ip_checksum(l3);
  }
  std::ranges::copy(l3, frame.begin() + kEthernet);
  return frame;
}

}  // namespace natto::test
