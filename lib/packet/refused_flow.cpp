#include "packet/refused_flow.hpp"

#include "packet/glance.hpp"
#include "packet/wire.hpp"

namespace natto {

RefusedPacket refused_packet(std::span<const std::uint8_t> head, RealmId realm,
                             DropReason reason) noexcept {
  const Glance glance = glance_at(head);
  return {.flow = {.source = glance.source,
                   .destination = glance.destination,
                   .realm = realm,
                   .reason = reason,
                   .protocol = glance.protocol,
                   .destination_port = glance.destination_port,
                   .source_port = glance.source_port},
          .bytes = header_at<Ipv4Header>(head, kIpv4Offset).total_length.host()};
}

}  // namespace natto
