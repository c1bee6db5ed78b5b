#include "packet/complete_checksums.hpp"

#include "packet/checksum.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

/// With the pseudo-header of `ip`. 0 where `zero_means_none` becomes ffff.
void put_checksum(const Ipv4Header& ip, std::span<std::uint8_t> segment, Be16& checksum,
                  bool zero_means_none) {
  checksum = Be16::from_raw(0);
  std::uint16_t sum = checksum_delta(Be32::from_raw(~std::uint32_t{0}), ip.source.bits).raw;
  sum = ones_add(sum, checksum_delta(Be32::from_raw(~std::uint32_t{0}), ip.destination.bits).raw);
  sum = ones_add(sum, Be16::from_host(ip.protocol).raw());
  sum = ones_add(sum, Be16::from_host(static_cast<std::uint16_t>(segment.size())).raw());
  const auto made = static_cast<std::uint16_t>(~ones_sum(segment, sum));
  checksum = Be16::from_raw(made == 0 && zero_means_none ? std::uint16_t{0xffff} : made);
}

}  // namespace

void complete_checksums(std::span<std::uint8_t> frame) noexcept {
  if (frame.size() < kIpv4Offset + sizeof(Ipv4Header)) {
    return;
  }
  auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
  const std::size_t transport = kIpv4Offset + ip.header_length();
  const bool is_udp = ip.protocol == protocol::kUdp;
  if (ip.header_length() < sizeof(Ipv4Header) ||
      frame.size() < transport + (is_udp ? sizeof(UdpHeader) : sizeof(TcpHeader))) {
    return;
  }
  ip.checksum = Be16::from_raw(0);
  ip.checksum = internet_checksum(frame.subspan(kIpv4Offset, ip.header_length()));
  const std::span<std::uint8_t> segment = frame.subspan(transport);
  if (is_udp) {
    put_checksum(ip, segment, header_at<UdpHeader>(segment, 0).checksum, true);
  } else if (ip.protocol == protocol::kTcp) {
    put_checksum(ip, segment, header_at<TcpHeader>(segment, 0).checksum, false);
  }
}

}  // namespace natto
