#include "packet/rewrite.hpp"

namespace natto {

void rewrite_quoted(std::span<std::uint8_t> head, const ParsedPacket& packet,
                    const NewAddresses& addresses) noexcept {
  auto& ip = header_at<Ipv4Header>(head, packet.quoted.ip_offset);
  ip.source = addresses.source;
  ip.destination = addresses.destination;
  const Be16 header_checksum = ip.checksum;
  ip.checksum = adjusted(header_checksum, addresses.delta);
  ChecksumDelta changes = addresses.delta + checksum_delta(header_checksum, ip.checksum);

  if (const TransportChecksum transport = packet.quoted.transport; transport.offset != 0) {
    auto& checksum = header_at<Be16>(head, transport.offset);
    const Be16 before = checksum;
    checksum = adjusted_transport(before, transport.zero_means_none, addresses.delta);
    changes = changes + checksum_delta(before, checksum);
  }
  auto& icmp = header_at<IcmpHeader>(head, kIpv4Offset + packet.ip_header_length);
  icmp.checksum = adjusted(icmp.checksum, changes);
}

}  // namespace natto
