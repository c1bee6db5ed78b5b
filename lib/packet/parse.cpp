#include "packet/parse.hpp"

#include <algorithm>

#include "packet/checksum.hpp"
#include "packet/icmp_kind.hpp"
#include "packet/ip_options.hpp"

namespace natto {
namespace {

using enum DropReason;

Verdict parse_ethernet(const Frame& frame, const FrameFilter& filter) noexcept {
  if (frame.length < sizeof(EthernetHeader)) {
    return kEthernetHeaderTruncated;
  }
  const auto& ethernet = header_at<EthernetHeader>(frame.head, 0);
  if (ethernet.source.is_group()) {
    return kSourceMacMulticast;
  }
  const bool to_group = ethernet.destination.is_group();
  if (!to_group && !filter.any_unicast_mac && ethernet.destination != filter.mac) {
    return kDestinationMacNotOurs;
  }
  switch (ethernet.ethertype.host()) {
    case ethertype::kIpv4:
      return to_group ? Verdict(kDestinationMacGroup) : Verdict::forward();
    case ethertype::kArp:
      return Verdict::arp();
    case ethertype::kVlan:
    case ethertype::kVlanOld:
    case ethertype::kServiceVlan:
      return kVlanTagged;
    case ethertype::kIpv6:
      return kIpv6;
    default:
      return kEthertypeUnsupported;
  }
}

Verdict check_ipv4(const Frame& frame, const FrameFilter& filter) noexcept {
  if (frame.length < kIpv4Offset + sizeof(Ipv4Header)) {
    return kIpHeaderTruncated;
  }
  const auto& ip = header_at<Ipv4Header>(frame.head, kIpv4Offset);
  if (ip.version() != 4) {
    return kIpVersionNot4;
  }
  if (ip.header_length() < sizeof(Ipv4Header)) {
    return kIpHeaderLengthTooSmall;
  }
  if (ip.total_length.host() < ip.header_length()) {
    return kIpTotalLengthTooSmall;
  }
  if (kIpv4Offset + ip.total_length.host() > frame.length) {
    return kIpTotalLengthBeyondFrame;
  }
  const auto header = frame.head.subspan(kIpv4Offset, ip.header_length());
  if (frame.ip_checksum != IpChecksum::kGood && ones_sum(header) != 0xffff) {
    return kIpChecksumBad;
  }
  return header.size() == sizeof(Ipv4Header)
             ? Verdict::forward()
             : check_options(header.subspan(sizeof(Ipv4Header)), filter.record_route);
}

Verdict check_fragment(const Ipv4Header& ip) noexcept {
  const unsigned payload = ip.total_length.host() - ip.header_length();
  if (ip.header_length() + ip.fragment_offset() + payload > 0xffff) {
    return kFragmentBeyond64k;
  }
  if (ip.more_fragments() && payload % 8 != 0) {
    return kFragmentLengthBad;
  }
  if (ip.protocol == protocol::kTcp && ip.fragment_offset() == 8) {  // RFC 1858 §4.2
    return kTcpFragmentTiny;
  }
  return Verdict::forward();
}

/// How many of the `available` bytes behind an error's ICMP header are the quoted packet: all, or
/// as many 32-bit words as the length attribute of RFC 4884 §4 says. Where that is too small to be
/// one, an older sender has left something in a byte that was unused.
std::size_t quote_length(const IcmpHeader& icmp, std::size_t available) noexcept {
  const std::size_t attribute = std::size_t{icmp.rest[1]} * 4;
  return attribute < sizeof(Ipv4Header) ? available : std::min(available, attribute);
}

/// The packet that an ICMP error quotes. `quote` starts at its IPv4 header, `offset` bytes into the
/// frame, and holds as much of it as lies in the head; the whole quote has `length` bytes.
Verdict parse_quote(std::span<const std::uint8_t> quote, std::size_t offset, std::size_t length,
                    ParsedPacket& out) noexcept {
  if (length < sizeof(Ipv4Header)) {
    return kIcmpErrorQuoteBad;
  }
  const auto& ip = header_at<Ipv4Header>(quote, 0);
  const std::size_t header = ip.header_length();
  if (ip.version() != 4 || header < sizeof(Ipv4Header) || header > length) {
    return kIcmpErrorQuoteBad;
  }
  if (out.destination != ip.source) {
    return kIcmpErrorDestinationDiffers;
  }
  out.real_key = ip.destination;
  out.mapped_key = ip.source;
  out.quoted.ip_offset = static_cast<std::uint16_t>(offset);
  out.quoted.checksum_bad = ones_sum(quote.first(header)) != 0xffff;
  // What is both quoted and part of the quoted packet: its length field may lie.
  const std::size_t present = std::min<std::size_t>(length, ip.total_length.host());
  out.quoted.payload_length = static_cast<std::uint16_t>(present - std::min(present, header));
  if (ip.fragment_offset() != 0) {
    return Verdict::forward();
  }
  if (ip.protocol == protocol::kIcmp && present > header &&
      icmp_kind(quote[header]) != IcmpKind::kOther) {
    return kIcmpErrorNested;
  }
  const TransportChecksum transport = transport_checksum(kTransportRules[ip.protocol], header);
  if (transport.offset != 0 && transport.offset + sizeof(Be16) <= present) {
    out.quoted.transport = {.offset = static_cast<std::uint16_t>(offset + transport.offset),
                            .zero_means_none = transport.zero_means_none};
  }
  return Verdict::forward();
}

Verdict parse_icmp(const Frame& frame, const Ipv4Header& ip, ParsedPacket& out) noexcept {
  const std::size_t offset = kIpv4Offset + ip.header_length();
  const auto& icmp = header_at<IcmpHeader>(frame.head, offset);
  switch (icmp_kind(icmp.type)) {
    case IcmpKind::kOther:
      return Verdict::forward();
    case IcmpKind::kNotForwarded:
      return kIcmpTypeNotForwarded;
    case IcmpKind::kError:
      break;
  }
  if (ip.more_fragments()) {
    return kIcmpErrorFragmented;
  }
  const std::size_t quote = offset + sizeof(IcmpHeader);
  const std::size_t end = kIpv4Offset + ip.total_length.host();
  return parse_quote(frame.head.subspan(quote), quote, quote_length(icmp, end - quote), out);
}

/// The transport header of a packet that is whole or a first fragment.
Verdict parse_transport(const Frame& frame, const Ipv4Header& ip, ParsedPacket& out) noexcept {
  const std::size_t offset = kIpv4Offset + ip.header_length();
  const unsigned payload = ip.total_length.host() - ip.header_length();
  const TransportRule& rule = kTransportRules[ip.protocol];
  if (payload < rule.least_header) {
    return ip.protocol == protocol::kTcp && ip.more_fragments() ? kTcpFragmentTiny
                                                                : kL4HeaderTruncated;
  }
  if (ip.protocol == protocol::kUdp) {
    const unsigned length = header_at<UdpHeader>(frame.head, offset).length.host();
    if (length < sizeof(UdpHeader) || (length > payload && !ip.more_fragments())) {
      return kUdpLengthBad;
    }
  }
  if (ip.protocol == protocol::kIcmp) {
    return parse_icmp(frame, ip, out);
  }
  out.transport = transport_checksum(rule, offset);
  return Verdict::forward();
}

}  // namespace

Verdict parse(const Frame& frame, const FrameFilter& filter, ParsedPacket& out) noexcept {
  if (const Verdict verdict = parse_ethernet(frame, filter); !verdict.is_forward()) {
    return verdict;
  }
  if (const Verdict verdict = check_ipv4(frame, filter); !verdict.is_forward()) {
    return verdict;
  }
  const auto& ip = header_at<Ipv4Header>(frame.head, kIpv4Offset);
  if (ip.protocol == protocol::kAuthenticationHeader) {
    return kAuthenticationHeader;
  }
  out = {.source = ip.source,
         .destination = ip.destination,
         .real_key = ip.source,
         .mapped_key = ip.destination,
         .ip_header_length = static_cast<std::uint16_t>(ip.header_length()),
         .total_length = ip.total_length.host(),
         .ttl = ip.ttl,
         .protocol = ip.protocol,
         .dont_fragment = ip.dont_fragment(),
         .later_fragment = ip.fragment_offset() != 0,
         .transport = {},
         .quoted = {}};
  if (ip.more_fragments() || out.later_fragment) {
    if (const Verdict verdict = check_fragment(ip); !verdict.is_forward()) {
      return verdict;
    }
  }
  if (out.later_fragment) {
    return Verdict::forward();  // R17
  }
  return parse_transport(frame, ip, out);
}

}  // namespace natto
