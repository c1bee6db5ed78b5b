#include "packet/refused_flow.hpp"

#include "packet/flow.hpp"
#include "packet/wire.hpp"

namespace natto {

RefusedPacket refused_packet(std::span<const std::uint8_t> head, RealmId realm,
                             DropReason reason) noexcept {
  const auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  RefusedPacket packet{.flow = {.source = ip.source,
                                .destination = ip.destination,
                                .realm = realm,
                                .reason = reason,
                                .protocol = ip.protocol},
                       .bytes = ip.total_length.host()};
  const std::size_t ports = kIpv4Offset + ip.header_length();
  if (has_ports(ip.protocol) && ip.fragment_offset() == 0 &&
      head.size() >= ports + 2 * sizeof(Be16)) {
    packet.flow.source_port = header_at<Be16>(head, ports).host();
    packet.flow.destination_port = header_at<Be16>(head, ports + sizeof(Be16)).host();
  }
  return packet;
}

}  // namespace natto
