#include "packet/flow.hpp"

#include <algorithm>
#include <cstddef>

#include "packet/wire.hpp"

namespace natto {
namespace {

constexpr std::size_t kPortBytes = 4;
constexpr std::size_t kTcpFlags = offsetof(TcpHeader, flags);  // RFC 9293 §3.1
constexpr std::size_t kDccpType = 8;                           // RFC 4340 §5.1
constexpr std::size_t kSctpChunkType = 12;                     // RFC 9260 §3: of the first chunk
/// Where a fragment begins that would replace the type of an SCTP chunk or a DCCP packet.
constexpr unsigned kOverType = 8;
static_assert(kDccpType >= kOverType && kSctpChunkType < kOverType + 8);

bool opens(std::uint8_t protocol, std::span<const std::uint8_t> payload) noexcept {
  constexpr std::uint8_t kInit = 1;
  constexpr std::uint8_t kRequest = 0;
  switch (protocol) {
    case protocol::kTcp:
      return payload.size() > kTcpFlags && TcpHeader::opens(payload[kTcpFlags]);
    case protocol::kSctp:
      return payload.size() > kSctpChunkType && payload[kSctpChunkType] == kInit;
    case protocol::kDccp:
      return payload.size() > kDccpType && (payload[kDccpType] >> 1U & 0x0fU) == kRequest;
    default:
      return false;
  }
}

/// RFC 792, RFC 950, RFC 1256, RFC 1788, RFC 8335.
bool is_reply(std::uint8_t icmp_type) noexcept {
  constexpr std::uint8_t kReplies[] = {0, 9, 14, 16, 18, 38, 43};
  return std::ranges::find(kReplies, icmp_type) != std::end(kReplies);
}

Flow flow_of_header(std::uint8_t protocol, std::span<const std::uint8_t> payload) noexcept {
  Flow flow{.protocol = protocol};
  if (has_ports(protocol)) {
    flow.ports_unknown = payload.size() < kPortBytes;
    if (!flow.ports_unknown) {
      flow.source_port = header_at<Be16>(payload, 0).host();
      flow.destination_port = header_at<Be16>(payload, sizeof(Be16)).host();
    }
    flow.role = opens(protocol, payload) ? FlowRole::kOpens : FlowRole::kEither;
  } else if (protocol == protocol::kIcmp && !payload.empty()) {
    flow.role = is_reply(payload[0]) ? FlowRole::kAnswers : FlowRole::kAsks;
  }
  return flow;
}

Flow flow_of_later_fragment(const Ipv4Header& ip) noexcept {
  const bool has_type = ip.protocol == protocol::kSctp || ip.protocol == protocol::kDccp;
  return {
      .protocol = ip.protocol,
      .role = has_type && ip.fragment_offset() == kOverType ? FlowRole::kOpens : FlowRole::kEither,
      .ports_unknown = true};
}

}  // namespace

bool has_ports(std::uint8_t protocol) noexcept {
  switch (protocol) {
    case protocol::kTcp:
    case protocol::kUdp:
    case protocol::kDccp:
    case protocol::kSctp:
    case protocol::kUdpLite:
      return true;
    default:
      return false;
  }
}

// A packet too short for its ports has the ports 0: no receiver takes it.
Flow flow_of_whole(std::uint8_t protocol, std::span<const std::uint8_t> payload) noexcept {
  Flow flow = flow_of_header(protocol, payload);
  flow.ports_unknown = false;
  return flow;
}

Flow flow_of(const ParsedPacket& packet, std::span<const std::uint8_t> head) noexcept {
  const auto behind = [head](std::size_t offset, std::size_t length) {
    const std::size_t begin = std::min(offset, head.size());
    return head.subspan(begin, std::min(length, head.size() - begin));
  };
  if (packet.is_icmp_error()) {
    const auto& quoted = header_at<Ipv4Header>(head, packet.quoted.ip_offset);
    return quoted.fragment_offset() != 0
               ? flow_of_later_fragment(quoted)
               : flow_of_header(quoted.protocol,
                                behind(packet.quoted.ip_offset + quoted.header_length(),
                                       packet.quoted.payload_length));
  }
  const auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  if (packet.later_fragment) {
    return flow_of_later_fragment(ip);
  }
  const auto payload = behind(kIpv4Offset + packet.ip_header_length,
                              packet.total_length - std::size_t{packet.ip_header_length});
  Flow flow = flow_of_whole(ip.protocol, payload);
  if (ip.protocol == protocol::kSctp && ip.more_fragments() && payload.size() <= kSctpChunkType) {
    flow.role = FlowRole::kOpens;
  }
  return flow;
}

}  // namespace natto
