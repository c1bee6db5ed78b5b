#include "inspect/seen_packet.hpp"

#include <algorithm>

#include "packet/flow.hpp"
#include "packet/icmp_kind.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint8_t kIcmpHeaderBytes = 8;
constexpr std::size_t kSctpHeaderBytes = 12;
constexpr std::size_t kMostTags = 4;

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes behind(Bytes bytes, std::size_t offset) {
  return bytes.subspan(std::min(offset, bytes.size()));
}

/// Where the IPv4 header lies; 0: there is none.
std::size_t ipv4_offset(Bytes frame) {
  std::size_t type_at = sizeof(EthernetAddresses);
  for (std::size_t tags = 0; tags <= kMostTags; ++tags) {
    if (frame.size() < type_at + sizeof(Be16)) {
      return 0;
    }
    switch (header_at<Be16>(frame, type_at).host()) {
      case ethertype::kIpv4:
        return type_at + sizeof(Be16);
      case ethertype::kVlan:
      case ethertype::kVlanOld:
      case ethertype::kServiceVlan:
        type_at += 4;
        break;
      default:
        return 0;
    }
  }
  return 0;
}

/// Bytes of the transport header that `transport` begins with.
std::size_t header_bytes(std::uint8_t protocol, Bytes transport) {
  switch (protocol) {
    case protocol::kTcp:
      return transport.size() < sizeof(TcpHeader)
                 ? transport.size()
                 : std::max<std::size_t>(header_at<TcpHeader>(transport, 0).header_length(),
                                         sizeof(TcpHeader));
    case protocol::kUdp:
    case protocol::kUdpLite:
      return sizeof(UdpHeader);
    case protocol::kSctp:
      return kSctpHeaderBytes;
    case protocol::kIcmp:
      return kIcmpHeaderBytes;
    default:
      return 0;
  }
}

void see_tcp(Bytes transport, std::uint32_t payload_bytes, SeenPacket& packet) {
  const auto& tcp = header_at<TcpHeader>(transport, 0);
  packet.stream = SeenPacket::Stream::kTcp;
  packet.stream_number =
      std::uint32_t{packet.source_port} << 16U | std::uint32_t{packet.destination_port};
  packet.starts = (tcp.flags & TcpHeader::kSyn) != 0;
  packet.position = tcp.sequence.host() + (packet.starts ? 1 : 0);
  packet.next_position = packet.position + payload_bytes;
}

}  // namespace

std::optional<SeenPacket> see(Bytes frame) {
  const std::size_t at = ipv4_offset(frame);
  if (at == 0 || frame.size() < at + sizeof(Ipv4Header)) {
    return std::nullopt;
  }
  const auto& ip = header_at<Ipv4Header>(frame, at);
  const std::size_t length = ip.total_length.host();
  if (ip.version() != 4 || ip.header_length() < sizeof(Ipv4Header) || length < ip.header_length()) {
    return std::nullopt;
  }
  SeenPacket packet{.source = ip.source, .destination = ip.destination, .protocol = ip.protocol};
  const std::size_t carried = length - ip.header_length();
  const Bytes captured = behind(frame, at + ip.header_length());
  const Bytes transport = captured.first(std::min(captured.size(), carried));
  const bool is_first = ip.fragment_offset() == 0;
  std::size_t header = 0;
  if (is_first) {
    header = std::min(header_bytes(ip.protocol, transport), carried);
    if (has_ports(ip.protocol) && transport.size() >= 2 * sizeof(Be16)) {
      packet.source_port = header_at<Be16>(transport, 0).host();
      packet.destination_port = header_at<Be16>(transport, sizeof(Be16)).host();
    }
    packet.icmp_error = ip.protocol == protocol::kIcmp && !transport.empty() &&
                        icmp_kind(transport[0]) != IcmpKind::kOther;
  }
  packet.payload = packet.icmp_error ? std::string_view() : text_of(behind(transport, header));
  packet.whole = transport.size() == carried;
  const auto payload_bytes = static_cast<std::uint32_t>(carried - header);
  if (!is_first || ip.more_fragments()) {
    packet.stream = SeenPacket::Stream::kFragments;
    packet.stream_number = ip.identification.host();
    packet.starts = is_first;
    packet.position = static_cast<std::uint32_t>(ip.fragment_offset() + header);
    packet.next_position = packet.position + payload_bytes;
  } else if (ip.protocol == protocol::kTcp && transport.size() >= sizeof(TcpHeader)) {
    see_tcp(transport, payload_bytes, packet);
  }
  return packet;
}

}  // namespace natto
