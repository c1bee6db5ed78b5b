#include "packet/arp.hpp"

namespace natto {
namespace {

constexpr std::uint16_t kEthernetHardware = 1;

}  // namespace

std::optional<ArpMessage> parse_arp(std::span<const std::uint8_t> frame) noexcept {
  if (frame.size() < sizeof(ArpFrame)) {
    return std::nullopt;
  }
  const auto& ethernet = header_at<EthernetHeader>(frame, 0);
  const auto& arp = header_at<ArpPacket>(frame, sizeof(EthernetHeader));
  const auto operation = static_cast<ArpOperation>(arp.operation.host());
  const bool about_ipv4 = ethernet.ethertype.host() == ethertype::kArp &&
                          arp.hardware_type.host() == kEthernetHardware &&
                          arp.protocol_type.host() == ethertype::kIpv4 &&
                          arp.hardware_length == sizeof(MacAddress) &&
                          arp.protocol_length == sizeof(Ipv4Address);
  const bool known_operation =
      operation == ArpOperation::kRequest || operation == ArpOperation::kReply;
  const bool honest_sender =
      !arp.sender_mac.is_group() && !arp.sender_mac.is_zero() && arp.sender_mac == ethernet.source;
  if (!about_ipv4 || !known_operation || !honest_sender) {
    return std::nullopt;
  }
  return ArpMessage{.operation = operation,
                    .sender = {arp.sender_mac, arp.sender},
                    .target = {arp.target_mac, arp.target}};
}

ArpFrame make_arp(const ArpMessage& message) noexcept {
  const bool request = message.operation == ArpOperation::kRequest;
  ArpFrame frame{};
  const std::span<std::uint8_t> bytes = frame;
  header_at<EthernetHeader>(bytes, 0) = {
      .destination = request ? kBroadcastMac : message.target.mac,
      .source = message.sender.mac,
      .ethertype = Be16::from_host(ethertype::kArp)};
  header_at<ArpPacket>(bytes, sizeof(EthernetHeader)) = {
      .hardware_type = Be16::from_host(kEthernetHardware),
      .protocol_type = Be16::from_host(ethertype::kIpv4),
      .hardware_length = sizeof(MacAddress),
      .protocol_length = sizeof(Ipv4Address),
      .operation = Be16::from_host(static_cast<std::uint16_t>(message.operation)),
      .sender_mac = message.sender.mac,
      .sender = message.sender.address,
      .target_mac = message.target.mac,
      .target = message.target.address};
  return frame;
}

}  // namespace natto
