// Memory and promises: parse() reads nothing outside the head, whatever lies there, and what it
// calls forward keeps the promises that all later stages rely on, since they check nothing again.

#include "packet/parse.hpp"

#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

/// A transport checksum lies behind its header's first byte, in the packet, and in the head.
bool is_inside(const TransportChecksum& checksum, std::size_t header, std::size_t end,
               std::size_t head) {
  return checksum.offset == 0 ||
         (checksum.offset >= header && checksum.offset + sizeof(Be16) <= std::min(end, head));
}

}  // namespace

PROPERTY(parse_promises) {
  const AnyFrame any_frame(size);
  constexpr std::size_t kSmall = 74;
  if (size > kSmall) {  // in a smaller head there is not so much that an offset may point to
    split_by_header_lengths(any_frame.head());
  }
  const Frame frame = any_frame.to_parse();
  ParsedPacket packet{};
  const Verdict verdict = parse(frame, any_filter(), packet);
  if (!verdict.is_forward()) {
    PROVE(verdict.is_drop() || verdict.is_to_control());
    return;
  }
  const std::size_t end = kIpv4Offset + packet.total_length;
  const std::size_t transport = kIpv4Offset + packet.ip_header_length;
  PROVE(end <= frame.length);
  PROVE(packet.ip_header_length >= sizeof(Ipv4Header) && packet.ip_header_length <= 60);
  PROVE(transport <= end && transport <= frame.head.size());
  PROVE(packet.protocol != protocol::kAuthenticationHeader);
  const auto& ip = header_at<Ipv4Header>(frame.head, kIpv4Offset);
  PROVE(packet.later_fragment == (ip.fragment_offset() != 0));
  PROVE(!packet.later_fragment || (packet.transport.offset == 0 && !packet.is_icmp_error()));
  PROVE(is_inside(packet.transport, transport, end, frame.head.size()));
  if (!packet.later_fragment) {
    const TransportRule& rule = kTransportRules[packet.protocol];
    PROVE(end - transport >= rule.least_header);
    PROVE(packet.transport == transport_checksum(rule, transport));
  }
  if (!packet.is_icmp_error()) {
    PROVE(packet.real_key == packet.source && packet.mapped_key == packet.destination);
    PROVE(packet.quoted.transport.offset == 0);
    return;
  }
  const std::size_t quote = packet.quoted.ip_offset;
  PROVE(packet.protocol == protocol::kIcmp && packet.transport.offset == 0);
  PROVE(quote == transport + sizeof(IcmpHeader));
  PROVE(quote + sizeof(Ipv4Header) <= std::min(end, frame.head.size()));
  PROVE(packet.mapped_key == packet.destination);
  PROVE(is_inside(packet.quoted.transport, quote + sizeof(Ipv4Header), end, frame.head.size()));
  PROVE(quote + packet.quoted.payload_length <= end);
  const auto& quoted = header_at<Ipv4Header>(frame.head, quote);
  const std::size_t header = quote + quoted.header_length();
  PROVE(header >= quote + sizeof(Ipv4Header) && header <= end);
  PROVE(packet.quoted.transport.offset == 0 ||
        packet.quoted.transport == transport_checksum(kTransportRules[quoted.protocol], header));
}
