#include "packet/glance.hpp"

#include "packet/flow.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

void glance_at_ports(std::span<const std::uint8_t> head, const Ipv4Header& ip, Glance& glance) {
  const std::size_t ports = kIpv4Offset + ip.header_length();
  if (!has_ports(ip.protocol) || ip.fragment_offset() != 0 ||
      ip.header_length() < sizeof(Ipv4Header) || head.size() < ports + 2 * sizeof(Be16)) {
    return;
  }
  glance.has_ports = true;
  glance.source_port = header_at<Be16>(head, ports).host();
  glance.destination_port = header_at<Be16>(head, ports + sizeof(Be16)).host();
}

}  // namespace

Glance glance_at(std::span<const std::uint8_t> head) noexcept {
  Glance glance;
  if (head.size() < sizeof(EthernetHeader)) {
    return glance;
  }
  glance.ethertype = header_at<EthernetHeader>(head, 0).ethertype.host();
  if (glance.ethertype == ethertype::kIpv4 && head.size() >= kIpv4Offset + sizeof(Ipv4Header)) {
    const auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
    if (ip.version() == 4) {
      glance.protocol = ip.protocol;
      glance.has_addresses = true;
      glance.source = ip.source;
      glance.destination = ip.destination;
      glance_at_ports(head, ip, glance);
    }
  } else if (glance.ethertype == ethertype::kArp &&
             head.size() >= sizeof(EthernetHeader) + sizeof(ArpPacket)) {
    const auto& arp = header_at<ArpPacket>(head, sizeof(EthernetHeader));
    glance.has_addresses = true;
    glance.source = arp.sender;
    glance.destination = arp.target;
  }
  return glance;
}

}  // namespace natto
