#pragma once

// Why a packet was not sent: the one list from which the enum, the counters, the printed names and
// the table in doc/drop-reasons.md are made.
//
// To add a reason: add a line here, return it where the packet stops, and run scripts/docs.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace natto {

// X(enumerator, name, requirement, meaning, what to do)
//
// `requirement` cites doc/rfc-compliance.md.
// clang-format off
#define NATTO_DROP_REASONS(X)                                                                      \
  X(kEthernetHeaderTruncated, "ethernet_header_truncated", "H1",                                   \
    "the frame is shorter than an Ethernet header (14 bytes)",                                     \
    "look for a broken sender or driver")                                                          \
  X(kSourceMacMulticast, "source_mac_multicast", "H1",                                             \
    "the sender's MAC address is a group address, which no sender may have",                       \
    "look for a broken or spoofing sender")                                                        \
  X(kDestinationMacNotOurs, "destination_mac_not_ours", "H1",                                      \
    "the frame is addressed to another station",                                                   \
    "harmless on a flooding switch; else correct the sender's static ARP entry")                   \
  X(kDestinationMacGroup, "destination_mac_group", "R22",                                          \
    "an IPv4 packet came in a broadcast or multicast frame",                                       \
    "none: natto forwards unicast only")                                                           \
  X(kVlanTagged, "vlan_tagged", "H2",                                                              \
    "the frame has a VLAN tag (802.1Q or 802.1ad)",                                                \
    "deliver untagged frames to the port")                                                         \
  X(kIpv6, "ipv6", "H3",                                                                           \
    "the frame carries IPv6",                                                                      \
    "none: natto translates IPv4")                                                                 \
  X(kEthertypeUnsupported, "ethertype_unsupported", "H3",                                          \
    "the frame carries neither IPv4 nor ARP (LLDP, STP, ...)",                                     \
    "none: such frames end at every router")                                                       \
  X(kIpHeaderTruncated, "ip_header_truncated", "R13",                                              \
    "fewer than 20 bytes follow the Ethernet header",                                              \
    "look for a broken sender")                                                                    \
  X(kIpVersionNot4, "ip_version_not_4", "R13",                                                     \
    "the frame says IPv4, the packet's version field does not",                                    \
    "look for a broken sender")                                                                    \
  X(kIpHeaderLengthTooSmall, "ip_header_length_too_small", "R13",                                  \
    "the IHL field is below 5 words",                                                              \
    "look for a broken sender")                                                                    \
  X(kIpTotalLengthTooSmall, "ip_total_length_too_small", "R13",                                    \
    "total length is shorter than the header it belongs to",                                       \
    "look for a broken sender")                                                                    \
  X(kIpTotalLengthBeyondFrame, "ip_total_length_beyond_frame", "R13",                              \
    "total length claims more bytes than the frame has",                                           \
    "look for truncation on the way; a capture must have a full snap length")                      \
  X(kIpChecksumBad, "ip_checksum_bad", "R13",                                                      \
    "the IPv4 header checksum is wrong",                                                           \
    "look for a damaging link or a capture taken before checksum offload")                         \
  X(kIpOptionsMalformed, "ip_options_malformed", "H7",                                             \
    "an IPv4 option's length is 0, 1 or runs past the header",                                     \
    "look for a broken sender")                                                                    \
  X(kIpSourceRoute, "ip_source_route", "R23",                                                      \
    "the packet has a source route option (LSRR, SSRR)",                                           \
    "none: source routes would go around the mapping table")                                       \
  X(kIpRecordRoute, "ip_record_route", "R23",                                                      \
    "the packet has a record route or timestamp option",                                           \
    "none: they would show one side's addresses to the other")                                     \
  X(kSourceMartian, "source_martian", "R21",                                                       \
    "the source is an address that may not be routed (0/8, 127/8, 169.254/16, 224/3)",             \
    "look for a broken or spoofing sender")                                                        \
  X(kDestinationMartian, "destination_martian", "R21",                                             \
    "the destination may not be routed (0/8, 127/8, 169.254/16, 240/4)",                           \
    "correct the sender's route or address")                                                       \
  X(kDestinationBroadcast, "destination_broadcast", "R22",                                         \
    "the destination is a limited or directed broadcast, or a multicast group",                    \
    "none: natto forwards unicast only")                                                           \
  X(kSourceIsDestination, "source_is_destination", "H11",                                          \
    "source and destination are the same address (a LAND attack)",                                 \
    "look for a spoofing sender")                                                                  \
  X(kFragmentLengthBad, "fragment_length_bad", "H10",                                              \
    "a fragment that is not the last has a length that is no multiple of 8",                       \
    "look for a broken sender")                                                                    \
  X(kFragmentBeyond64k, "fragment_beyond_64k", "H10",                                              \
    "the fragment would end beyond the 65,535 bytes an IPv4 packet may have",                      \
    "look for an attack on reassembly (ping of death)")                                            \
  X(kTcpFragmentTiny, "tcp_fragment_tiny", "H9",                                                   \
    "a TCP fragment hides part of the TCP header (offset 1, or a first one under 20 bytes)",       \
    "look for an attack on packet filters (RFC 1858)")                                             \
  X(kL4HeaderTruncated, "l4_header_truncated", "H8",                                               \
    "the packet ends inside its TCP, UDP, UDP-Lite, DCCP or ICMP header",                          \
    "look for a broken sender")                                                                    \
  X(kUdpLengthBad, "udp_length_bad", "H8",                                                         \
    "the UDP length is below 8 or longer than the packet",                                         \
    "look for a broken sender")                                                                    \
  X(kAuthenticationHeader, "authentication_header", "R5",                                          \
    "IPsec AH signs the addresses, so it cannot survive any translation",                          \
    "use ESP, or ESP in UDP")                                                                      \
  X(kIcmpTypeNotForwarded, "icmp_type_not_forwarded", "R34",                                       \
    "an ICMP redirect or source quench, which would change routes behind the other side's back",   \
    "none: hosts do without (RFC 6633, RFC 1812 5.2.7.2)")                                         \
  X(kIcmpErrorFragmented, "icmp_error_fragmented", "R37",                                          \
    "an ICMP error came in fragments, so what it quotes cannot be translated",                     \
    "look for a broken or attacking sender: errors are small")                                     \
  X(kIcmpErrorQuoteBad, "icmp_error_quote_bad", "R28",                                             \
    "an ICMP error quotes less than an IPv4 header, or a damaged one",                             \
    "look for a broken or attacking sender")                                                       \
  X(kIcmpErrorNested, "icmp_error_nested", "R35",                                                  \
    "an ICMP error about an ICMP error, which nobody may send",                                    \
    "look for a broken or attacking sender")                                                       \
  X(kIcmpErrorDestinationDiffers, "icmp_error_destination_differs", "R31",                         \
    "an ICMP error went to another host than the one whose packet it quotes",                      \
    "look for a spoofing sender")                                                                  \
  X(kIcmpChecksumBad, "icmp_checksum_bad", "R26",                                                  \
    "the ICMP checksum of an error is wrong",                                                      \
    "look for a damaging link")                                                                    \
  X(kIcmpInnerChecksumBad, "icmp_inner_checksum_bad", "R27",                                       \
    "the quoted header's checksum is wrong, and [icmp] inner_checksum_bad is \"drop\"",            \
    "set it to \"pass\" if path MTU discovery or traceroute suffers")                              \
  X(kIcmpErrorNotMapped, "icmp_error_not_mapped", "R33",                                           \
    "an ICMP error quotes a packet between hosts that the table does not map",                     \
    "none: no packet that natto translated can have caused it")                                    \
  X(kIcmpErrorSourceNotMapped, "icmp_error_source_not_mapped", "R32",                              \
    "an ICMP error came from a router without a mapping, and [icmp] outer_source is \"drop\"",     \
    "set it to \"own\": path MTU discovery and traceroute need these errors")                      \
  X(kSourceIsOwnAddress, "source_is_own_address", "H11",                                           \
    "the source is natto's own address",                                                           \
    "look for a spoofing sender or a duplicate address")                                           \
  X(kOwnAddressNotAnswered, "own_address_not_answered", "R39",                                     \
    "sent to natto's own address, which answers ARP and echo requests only",                       \
    "send to the mapped address of the host you mean, or set kernel_interface on the port")        \
  X(kKernelRateExceeded, "kernel_rate_exceeded", "R40",                                            \
    "more packets for the kernel than kernel_packets_per_second of the port",                      \
    "look for a flood; raise it if the appliance itself is to take more")                          \
  X(kKernelInterfaceRefused, "kernel_interface_refused", "R40",                                    \
    "the kernel did not take the packet: the port's kernel_interface is down",                     \
    "set it up again: ip link set NAME up")                                                        \
  X(kSourceNotMapped, "source_not_mapped", "R24",                                                  \
    "no mapping of the port's realm has this source as its real address",                          \
    "add a [[mapping]] for the sender, or set source_not_mapped = \"pass\" on the port")           \
  X(kSourceIsMappedAddress, "source_is_mapped_address", "H11",                                     \
    "an unmapped sender uses a mapped address, which would let it pose as that host",              \
    "look for a spoofing sender, or a host that is attached to the wrong port")                    \
  X(kDestinationNotMapped, "destination_not_mapped", "R1",                                         \
    "no mapping has this destination as its mapped address",                                       \
    "add a [[mapping]], or correct the address the sender uses")                                   \
  X(kHairpinNotAllowed, "hairpin_not_allowed", "R38",                                              \
    "the destination is a host of the sender's own realm, and the port has hairpin = \"drop\"",    \
    "use the host's real address there, or set hairpin = \"allow\" on the port")                   \
  X(kNotAllowed, "not_allowed", "P1",                                                              \
    "the policy denies what no rule allows, and no rule allows this between these two",            \
    "natto explain names the nearest rule; add an [[allow]] if the packet should pass")            \
  X(kOpenedByOtherSide, "opened_by_other_side", "P3",                                              \
    "the side that a rule lets be asked opens a conversation itself (TCP SYN, SCTP INIT, DCCP Request)", \
    "look for a scan; write `between` in the rule if either side may open")                        \
  X(kOverLimit, "over_limit", "P10",                                                               \
    "the packet exceeds a [[limit]] of packets or bits a second",                                  \
    "see natto show limits: find who sends so much, or raise the limit")                           \
  X(kTtlExpired, "ttl_expired", "R14",                                                             \
    "the time to live ended here",                                                                 \
    "normal for traceroute; else look for a routing loop")                                         \
  X(kExceedsMtu, "exceeds_mtu", "R15",                                                             \
    "the packet is larger than the outgoing port's MTU and may not be fragmented",                 \
    "raise the port's mtu if the link allows it")                                                  \
  X(kFragmentationFailed, "fragmentation_failed", "R16",                                           \
    "the packet had to be fragmented, and no buffers were left or it takes too many fragments",    \
    "raise mbufs, or the port's mtu")                                                              \
  X(kNextHopUnresolved, "next_hop_unresolved", "R25",                                              \
    "no MAC address is known for the next hop: it does not answer ARP",                            \
    "check the port's gateway, or set gateway_mac")                                                \
  X(kWorkerQueueFull, "worker_queue_full", "H16",                                                  \
    "it came by queue 0, for a worker whose queue from worker 0 was full, or at natto's end",      \
    "more ICMP, fragments and the like than the workers take; find who floods")                    \
  X(kTxPrepareRefused, "tx_prepare_refused", "H16",                                                \
    "the device's driver refuses to send the packet with the offloads that it needs",              \
    "set checksum_offload = \"off\" for the port, and report the driver and the packet")           \
  X(kTxRingFull, "tx_ring_full", "H16",                                                            \
    "the outgoing port could not take the packet in time",                                         \
    "the link or the instance's allowance is saturated")                                           \
  X(kPortDown, "port_down", "H17",                                                                 \
    "the outgoing port is out of use while its device is reset or recovers",                       \
    "see natto show ports and the log: natto goes on trying until the port is back")               \
  X(kMbufUnavailable, "mbuf_unavailable", "H16",                                                   \
    "no free packet buffer was left for a copy that the packet needed",                            \
    "raise mbufs")                                                                                 \
  X(kArpMalformed, "arp_malformed", "H3",                                                          \
    "the ARP packet is short or not about Ethernet and IPv4",                                      \
    "look for a broken sender")                                                                    \
  X(kArpSpoofsOwnAddress, "arp_spoofs_own_address", "H3",                                          \
    "another station claims an address that natto owns",                                           \
    "find the station with the duplicate address")                                                 \
  X(kArpNotForNatto, "arp_not_for_natto", "R25",                                                   \
    "an ARP packet about an address that does not concern natto",                                  \
    "none: normal on a shared link")                                                               \
  X(kControlQueueFull, "control_queue_full", "R25",                                                \
    "more packets for natto itself (ARP, its own addresses) than the control thread takes",        \
    "look for an ARP or ping flood; forwarding is not affected")
// clang-format on

/// A drop reason; the value indexes Counters::drops.
enum class DropReason : std::uint8_t {
#define X(enumerator, name, requirement, meaning, advice) enumerator,
  NATTO_DROP_REASONS(X)
#undef X
};

/// Whether the policy refused the packet.
[[nodiscard]] constexpr bool is_of_policy(DropReason reason) noexcept {
  return reason == DropReason::kNotAllowed || reason == DropReason::kOpenedByOtherSide;
}

struct DropReasonInfo {
  std::string_view name;         ///< as printed and in JSON: stable
  std::string_view requirement;  ///< of doc/rfc-compliance.md
  std::string_view meaning;
  std::string_view advice;
};

/// Indexed by DropReason.
inline constexpr std::array kDropReasons = {
#define X(enumerator, name, requirement, meaning, advice) \
  DropReasonInfo{name, requirement, meaning, advice},
    NATTO_DROP_REASONS(X)
#undef X
};
inline constexpr std::size_t kDropReasonCount = kDropReasons.size();

[[nodiscard]] constexpr const DropReasonInfo& info(DropReason reason) noexcept {
  return kDropReasons[static_cast<std::size_t>(reason)];
}

}  // namespace natto
