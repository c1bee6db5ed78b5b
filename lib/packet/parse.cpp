#include "packet/parse.hpp"

#include "packet/checksum.hpp"

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
      return Verdict::to_control();
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

/// RFC 791 §3.1, option numbers as in the first byte (copied flag included).
Verdict check_options(std::span<const std::uint8_t> options) noexcept {
  constexpr std::uint8_t kEndOfList = 0;
  constexpr std::uint8_t kNoOperation = 1;
  constexpr std::uint8_t kRecordRoute = 7;
  constexpr std::uint8_t kTimestamp = 68;
  constexpr std::uint8_t kLooseSourceRoute = 131;
  constexpr std::uint8_t kStrictSourceRoute = 137;

  std::size_t at = 0;
  while (at < options.size() && options[at] != kEndOfList) {
    if (options[at] == kNoOperation) {
      ++at;
      continue;
    }
    if (at + 1 >= options.size() || options[at + 1] < 2 || at + options[at + 1] > options.size()) {
      return kIpOptionsMalformed;
    }
    switch (options[at]) {
      case kLooseSourceRoute:
      case kStrictSourceRoute:
        return kIpSourceRoute;
      case kRecordRoute:
      case kTimestamp:
        return kIpRecordRoute;
      default:
        at += options[at + 1];
    }
  }
  return Verdict::forward();
}

Verdict check_ipv4(const Frame& frame) noexcept {
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
  return header.size() == sizeof(Ipv4Header) ? Verdict::forward()
                                             : check_options(header.subspan(sizeof(Ipv4Header)));
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

bool is_icmp_error(std::uint8_t type) noexcept {
  switch (type) {
    case icmp::kDestinationUnreachable:
    case icmp::kSourceQuench:
    case icmp::kRedirect:
    case icmp::kTimeExceeded:
    case icmp::kParameterProblem:
      return true;
    default:
      return false;
  }
}

/// The transport header, of which at least `payload` bytes are in the packet; sets the checksum
/// fields of `out`.
Verdict parse_transport(const Frame& frame, const Ipv4Header& ip, ParsedPacket& out) noexcept {
  const std::size_t offset = kIpv4Offset + ip.header_length();
  const unsigned payload = ip.total_length.host() - ip.header_length();
  const auto checksum_at = [&](std::size_t in_header) {
    out.l4_checksum_offset = static_cast<std::uint16_t>(offset + in_header);
  };
  switch (ip.protocol) {
    case protocol::kTcp:
      if (payload < 20) {
        return ip.more_fragments() ? kTcpFragmentTiny : kL4HeaderTruncated;
      }
      checksum_at(16);
      return Verdict::forward();
    case protocol::kUdp: {
      if (payload < sizeof(UdpHeader)) {
        return kL4HeaderTruncated;
      }
      const unsigned length = header_at<UdpHeader>(frame.head, offset).length.host();
      if (length < sizeof(UdpHeader) || (length > payload && !ip.more_fragments())) {
        return kUdpLengthBad;
      }
      checksum_at(6);
      out.zero_checksum_means_none = true;
      return Verdict::forward();
    }
    case protocol::kUdpLite:
      if (payload < 8) {
        return kL4HeaderTruncated;
      }
      checksum_at(6);
      out.zero_checksum_means_none = true;
      return Verdict::forward();
    case protocol::kDccp:
      if (payload < 12) {
        return kL4HeaderTruncated;
      }
      checksum_at(6);
      return Verdict::forward();
    case protocol::kIcmp:
      if (payload < sizeof(IcmpHeader)) {
        return kL4HeaderTruncated;
      }
      return is_icmp_error(header_at<IcmpHeader>(frame.head, offset).type)
                 ? Verdict(kIcmpErrorNotTranslated)
                 : Verdict::forward();
    default:
      return Verdict::forward();
  }
}

}  // namespace

Verdict parse(const Frame& frame, const FrameFilter& filter, ParsedPacket& out) noexcept {
  if (const Verdict verdict = parse_ethernet(frame, filter); !verdict.is_forward()) {
    return verdict;
  }
  if (const Verdict verdict = check_ipv4(frame); !verdict.is_forward()) {
    return verdict;
  }
  const auto& ip = header_at<Ipv4Header>(frame.head, kIpv4Offset);
  if (ip.protocol == protocol::kAuthenticationHeader) {
    return kAuthenticationHeader;
  }
  out = {.source = ip.source,
         .destination = ip.destination,
         .total_length = ip.total_length.host(),
         .l4_checksum_offset = 0,
         .zero_checksum_means_none = false,
         .ttl = ip.ttl,
         .protocol = ip.protocol};
  if (ip.more_fragments() || ip.fragment_offset() != 0) {
    if (const Verdict verdict = check_fragment(ip); !verdict.is_forward()) {
      return verdict;
    }
  }
  if (ip.fragment_offset() != 0) {
    return Verdict::forward();  // R17: later fragments carry no transport header
  }
  return parse_transport(frame, ip, out);
}

}  // namespace natto
