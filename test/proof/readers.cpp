// What reads a frame behind parse(), and trusts it: the policy's reader, with SCTP's chunks and
// DCCP's types, reads nothing outside the head and says what the contract says (P2, P3, P5); so do
// the record of refusals and what tcpdump-like lines are made of, which read frames of any kind.

#include "packet/flow.hpp"
#include "packet/glance.hpp"
#include "packet/refused_flow.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

PROPERTY(policy_reader) {
  const AnyFrame frame(size);
  const std::span<const std::uint8_t> head = frame.head();
  ParsedPacket packet{};
  if (!parse(frame.to_parse(), any_filter(), packet).is_forward()) {
    return;
  }
  const Flow flow = flow_of(packet, head);
  if (packet.is_icmp_error()) {
    PROVE(flow.protocol == head[packet.quoted.ip_offset + 9U]);
    return;
  }
  PROVE(flow.protocol == packet.protocol);
  PROVE(has_ports(flow.protocol) || (flow.source_port == 0 && flow.destination_port == 0));
  const std::size_t transport = kIpv4Offset + packet.ip_header_length;
  const std::size_t end = std::min<std::size_t>(kIpv4Offset + packet.total_length, head.size());
  const bool fragmented = (header_at<Ipv4Header>(head, kIpv4Offset).fragment.host() & 0x2000U) != 0;
  if (packet.later_fragment) {
    PROVE(flow.ports_unknown && flow.source_port == 0 && flow.destination_port == 0);
    return;
  }
  PROVE(!flow.ports_unknown);
  if (has_ports(flow.protocol) && transport + 4 <= end) {
    PROVE(flow.source_port == header_at<Be16>(head, transport).host());
    PROVE(flow.destination_port == header_at<Be16>(head, transport + 2).host());
  }
  const bool opens = flow.role == FlowRole::kOpens;
  switch (flow.protocol) {
    case 6:  // SYN without ACK
      PROVE(opens == ((head[transport + 13] & 0x12U) == 0x02U));
      break;
    case 132:  // the first chunk is an INIT, or a fragment hides it
      PROVE(opens == (transport + 12 < end ? head[transport + 12] == 1 : fragmented));
      break;
    case 33:  // a Request
      PROVE(opens == ((head[transport + 8] >> 1U & 0x0fU) == 0));
      break;
    case 1:
      PROVE(flow.role == FlowRole::kAsks || flow.role == FlowRole::kAnswers);
      break;
    default:
      PROVE(flow.role == FlowRole::kEither);
  }
}

PROPERTY(refusals_reader) {
  const AnyFrame frame(size);
  const std::span<const std::uint8_t> head = frame.head();
  ParsedPacket packet{};
  if (!parse(frame.to_parse(), any_filter(), packet).is_forward()) {
    return;
  }
  const RefusedPacket refused = refused_packet(head, 0, DropReason::kNotAllowed);
  PROVE(refused.bytes == packet.total_length && refused.flow.protocol == packet.protocol);
  PROVE(refused.flow.source == packet.source && refused.flow.destination == packet.destination);
}

PROPERTY(glance_reader) {
  const AnyFrame frame(size);
  const Glance glance = glance_at(frame.head());
  PROVE(glance.has_addresses || !glance.has_ports);
}
