#include "receive_parser.hpp"

#include <algorithm>

#include "host_interface.hpp"

namespace ena_model {

std::uint32_t toeplitz(Bytes input, const RssKeyBytes& key) {
  std::uint32_t hash = 0;
  std::uint32_t window = static_cast<std::uint32_t>(key[0]) << 24 |
                         static_cast<std::uint32_t>(key[1]) << 16 |
                         static_cast<std::uint32_t>(key[2]) << 8 | key[3];
  for (std::size_t i = 0; i < input.size(); ++i) {
    for (unsigned shift = 8; shift-- > 0;) {
      if (bit(input[i], shift)) {
        hash ^= window;
      }
      window = window << 1 | bits(key[i + 4], shift, 1);
    }
  }
  return hash;
}

Received examine(Bytes frame, const RssKeyBytes& key, const ReceiveChecks& checks) {
  Received result;
  if (frame.size() >= kEthernetBytes + 40 && read16(frame, 12) == 0x86dd) {
    result.status = kL3Ipv6;
    return result;
  }
  if (frame.size() < kEthernetBytes + 20 || read16(frame, 12) != 0x0800) {
    return result;
  }
  result.status = kL3Ipv4;
  const auto ip = ipv4_of(frame);
  if (!ip || !checks.l3 || ones_sum(ip->header()) != 0xffff) {
    result.status |= kL3SumWrongOrUnchecked;
  }
  if (!ip) {
    return result;
  }
  if (ip->is_fragment()) {
    result.status |= kFragment;
    return result;
  }
  const bool tcp = ip->protocol() == kTcp;
  if ((!tcp && ip->protocol() != kUdp) || ip->payload().size() < (tcp ? 20U : 8U)) {
    return result;
  }
  result.status |= (tcp ? kL4Tcp : kL4Udp) << 8;
  const bool none = !tcp && read16(ip->payload(), 6) == 0;  // RFC 768: the sender made no checksum
  if (checks.l4 && !none) {
    if (ones_sum(ip->payload(), ip->pseudo_sum()) == 0xffff) {
      result.status |= kL4SumChecked;
    } else if (!checks.hides_wrong_l4) {
      result.status |= kL4SumChecked | kL4SumWrongOrUnchecked;
    }
  }
  std::array<std::uint8_t, 12> input{};
  std::ranges::copy(ip->packet.subspan(12, 8), input.begin());
  std::ranges::copy(ip->payload().first(4), input.begin() + 8);
  result.hash = toeplitz(input, key);
  result.hashed = true;
  return result;
}

}  // namespace ena_model
