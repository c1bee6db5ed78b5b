#include "packet/rewrite.hpp"

namespace natto {

void rewrite_quoted(std::span<std::uint8_t> head, const ParsedPacket& packet, Replacement source,
                    Replacement destination) noexcept {
  const ChecksumDelta addresses = source.delta + destination.delta;

  auto& ip = header_at<Ipv4Header>(head, packet.quoted.ip_offset);
  ip.source = source.address;
  ip.destination = destination.address;
  const Be16 header_checksum = ip.checksum;
  ip.checksum = adjusted(header_checksum, addresses);
  ChecksumDelta changes = addresses + checksum_delta(header_checksum, ip.checksum);

  if (const TransportChecksum transport = packet.quoted.transport; transport.offset != 0) {
    const Be16 before = header_at<Be16>(head, transport.offset);
    adjust_transport(head, transport, addresses);
    const Be16 after = header_at<Be16>(head, transport.offset);
    changes = changes + checksum_delta(before, after);
  }
  auto& icmp = header_at<IcmpHeader>(head, kIpv4Offset + packet.ip_header_length);
  icmp.checksum = adjusted(icmp.checksum, changes);
}

}  // namespace natto
