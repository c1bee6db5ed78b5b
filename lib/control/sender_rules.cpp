#include "control/sender_rules.hpp"

namespace natto {

bool may_send(std::span<const std::uint8_t> frame, const SenderRules& rules) noexcept {
  if (frame.size() < sizeof(EthernetHeader) || frame.size() > kIpv4Offset + rules.mtu) {
    return false;
  }
  const auto& ethernet = header_at<EthernetHeader>(frame, 0);
  if (ethernet.source != rules.self.mac) {
    return false;
  }
  if (ethernet.ethertype.host() == ethertype::kArp) {
    const auto message = parse_arp(frame);
    return message && message->operation == ArpOperation::kRequest &&
           message->sender.address == rules.self.address;
  }
  return ethernet.ethertype.host() == ethertype::kIpv4 && !ethernet.destination.is_group() &&
         frame.size() >= kIpv4Offset + sizeof(Ipv4Header) &&
         header_at<Ipv4Header>(frame, kIpv4Offset).source == rules.self.address;
}

}  // namespace natto
