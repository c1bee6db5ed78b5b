#include "packet/icmp_error.hpp"

#include <algorithm>
#include <cassert>

#include "packet/checksum.hpp"

namespace natto {

bool may_be_answered(const ParsedPacket& packet) noexcept {
  return !packet.is_icmp_error() && !packet.later_fragment;
}

std::size_t write_icmp_error(const IcmpError& error, std::span<const std::uint8_t> quote,
                             std::span<std::uint8_t> out) noexcept {
  constexpr std::uint8_t kInternetworkControl = 0xc0;  // precedence 6: RFC 1812 §4.3.2.5
  constexpr std::uint16_t kDontFragment = 0x4000;
  assert(quote.size() >= sizeof(Ipv4Header) && quote.size() <= kMaxQuoteBytes);

  const auto message = out.subspan(sizeof(Ipv4Header), sizeof(IcmpHeader) + quote.size());
  std::ranges::copy(quote, message.begin() + sizeof(IcmpHeader));
  auto& icmp = header_at<IcmpHeader>(message, 0);
  icmp = {.type = error.kind.type, .code = error.kind.code, .checksum = {}, .rest = {}};
  header_at<Be16>(message, sizeof(IcmpHeader) - sizeof(Be16)) = Be16::from_host(error.next_hop_mtu);
  icmp.checksum = Be16::from_raw(0);
  icmp.checksum = internet_checksum(message);

  const std::size_t length = sizeof(Ipv4Header) + message.size();
  const Ipv4Address destination = header_at<Ipv4Header>(quote, 0).source;
  auto& ip = header_at<Ipv4Header>(out, 0);
  ip = {.version_ihl = 0x45,
        .tos = kInternetworkControl,
        .total_length = Be16::from_host(static_cast<std::uint16_t>(length)),
        .identification = Be16::from_raw(0),  // RFC 6864 §4.1: atomic
        .fragment = Be16::from_host(kDontFragment),
        .ttl = 64,
        .protocol = protocol::kIcmp,
        .checksum = Be16::from_raw(0),
        .source = error.source,
        .destination = destination};
  ip.checksum = internet_checksum(out.first(sizeof(Ipv4Header)));
  return length;
}

}  // namespace natto
