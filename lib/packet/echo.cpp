#include "packet/echo.hpp"

#include <utility>

#include "packet/checksum.hpp"
#include "packet/wire.hpp"

namespace natto {

bool make_echo_reply(std::span<std::uint8_t> frame) noexcept {
  auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
  const bool fragment = ip.more_fragments() || ip.fragment_offset() != 0;
  if (ip.protocol != protocol::kIcmp || fragment) {
    return false;
  }
  const auto message = frame.subspan(kIpv4Offset + ip.header_length());
  auto& icmp = header_at<IcmpHeader>(message, 0);
  if (icmp.type != icmp::kEchoRequest || ones_sum(message) != 0xffff) {
    return false;
  }
  icmp.type = icmp::kEchoReply;
  icmp.checksum = Be16{};
  icmp.checksum = internet_checksum(message);

  std::swap(ip.source, ip.destination);
  ip.ttl = 64;
  ip.checksum = Be16{};
  ip.checksum = internet_checksum(frame.subspan(kIpv4Offset, ip.header_length()));

  auto& ethernet = header_at<EthernetHeader>(frame, 0);
  std::swap(ethernet.source, ethernet.destination);
  return true;
}

}  // namespace natto
