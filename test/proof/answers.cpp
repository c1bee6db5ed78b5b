// What natto sends of its own: echo replies change the named bytes of a whole echo request alone,
// and their checksums are right; an ICMP error has at most 576 bytes, goes to the packet's sender,
// quotes it byte by byte, and is made of no ICMP error and no later fragment (RFC 1812 §4.3.2).

#include <array>

#include "packet/echo.hpp"
#include "packet/icmp_error.hpp"
#include "packet/refusal.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

/// The checksum at `at` is that of the bytes, in which it counts as zero.
bool is_right(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::array<std::uint8_t, kMaxIcmpErrorBytes> zeroed{};
  std::copy(bytes.begin(), bytes.end(), zeroed.begin());
  zeroed[at] = zeroed[at + 1] = 0;
  return header_at<Be16>(bytes, at) ==
         internet_checksum(std::span<const std::uint8_t>(zeroed).first(bytes.size()));
}

}  // namespace

PROPERTY(echo_reply) {
  if (size < kIpv4Offset + sizeof(Ipv4Header) || size >= kHeadBytes) {
    return;
  }
  const AnyFrame frame(size);
  const std::span<std::uint8_t> head = frame.head();
  split_by_header_length(head, kIpv4Offset);
  std::array<std::uint8_t, kHeadBytes> before{};
  std::copy(head.begin(), head.end(), before.begin());
  const auto& ip = header_at<Ipv4Header>(std::span<const std::uint8_t>(head), kIpv4Offset);
  if (kIpv4Offset + ip.total_length.host() != size) {
    return;  // it fills the frame
  }
  // Of all filters this one lets the most in.
  const FrameFilter filter{.mac = {}, .any_unicast_mac = true, .record_route = true};
  ParsedPacket packet{};
  if (!parse(frame.to_parse(), filter, packet).is_forward()) {
    return;
  }
  const bool answers = make_echo_reply(head);
  const std::size_t icmp = kIpv4Offset + packet.ip_header_length;
  const auto named = [&](std::size_t at) {
    return at < 12 || at == kIpv4Offset + 8 || is_within(at, kIpv4Offset + 10, 10) || at == icmp ||
           is_within(at, icmp + 2, 2);
  };
  for (std::size_t at = 0; at < size; ++at) {
    PROVE((answers && named(at)) || head[at] == before[at]);
  }
  if (!answers) {
    return;
  }
  PROVE(packet.protocol == protocol::kIcmp && !packet.later_fragment);
  PROVE(before[icmp] == icmp::kEchoRequest && head[icmp] == icmp::kEchoReply);
  PROVE(ip.source == packet.destination && ip.destination == packet.source && ip.ttl == 64);
  PROVE(is_right(head.subspan(icmp), 2) &&
        is_right(head.subspan(kIpv4Offset, packet.ip_header_length), 10));
  for (std::size_t at = 0; at < 6; ++at) {
    PROVE(head[at] == before[at + 6] && head[at + 6] == before[at]);
  }
}

PROPERTY(icmp_error) {
  if (size < sizeof(Ipv4Header) || size > kMaxQuoteBytes) {
    return;
  }
  const Block quote(size, "frame");
  const Block room(kMaxIcmpErrorBytes, "room");
  const IcmpError error{
      .kind = {.type = any<std::uint8_t>("type"), .code = any<std::uint8_t>("code")},
      .next_hop_mtu = any<std::uint16_t>("mtu"),
      .source = any_address("source")};
  const std::span<std::uint8_t> out = room.bytes();
  const std::size_t length = write_icmp_error(error, quote.bytes(), out);
  PROVE(length == 28 + size && length <= kMaxIcmpErrorBytes);
  const auto& ip = header_at<Ipv4Header>(out, 0);
  PROVE(ip.version_ihl == 0x45 && ip.tos == 0xc0 && ip.total_length.host() == length);
  PROVE(ip.protocol == protocol::kIcmp && ip.ttl == 64 && ip.fragment_offset() == 0);
  PROVE(ip.source == error.source);
  PROVE(ip.destination == header_at<Ipv4Header>(quote.bytes(), 0).source);
  PROVE(out[20] == error.kind.type && out[21] == error.kind.code && out[24] == 0 && out[25] == 0);
  PROVE(header_at<Be16>(out, 26).host() == error.next_hop_mtu);
  PROVE(is_right(out.first(20), 10) && is_right(out.subspan(20, 8 + size), 2));
  for (std::size_t at = 0; at < size; ++at) {
    PROVE(out[28 + at] == quote.bytes()[at]);
  }
}

/// Which packets are answered with an error, and to whom it goes. may_be_answered() is asked before
/// every error, whoever refuses the packet; refuse() comes before those about a packet that the
/// table does not know.
PROPERTY(icmp_error_about) {
  const AnyFrame frame(size);
  const std::span<const std::uint8_t> head = frame.head();
  ParsedPacket packet{};
  if (!parse(frame.to_parse(), any_filter(), packet).is_forward()) {
    return;
  }
  const bool to_group = (head[0] & 1U) != 0;
  PROVE(!to_group);  // what came to a group is not forwarded, and so never answered
  if (!may_be_answered(packet)) {
    return;
  }
  const auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  PROVE(ip.fragment_offset() == 0);
  if (ip.protocol == protocol::kIcmp) {  // RFC 1122 §3.2.2: these five are errors
    const std::uint8_t type = head[kIpv4Offset + packet.ip_header_length];
    PROVE((type != 3) & (type != 4) & (type != 5) & (type != 11) & (type != 12));
  }
  const PortRules in{.address = {.address = any_address("own"),
                                 .length = static_cast<std::uint8_t>(any<std::uint8_t>("l") % 33)},
                     .reaches_kernel = any<bool>("kernel")};
  const Verdict refusal = refuse(packet, in, {.source = any<bool>("s"), .destination = false});
  if (!refusal.is_drop() || !icmp_error_for(refusal.reason())) {
    return;
  }
  const std::uint32_t source = packet.source.host();
  PROVE(source >> 28U < 0xe && source >> 24U != 0 && source >> 24U != 127);
  PROVE(in.address.length > 30 || source != (in.address.address.host() | ~in.address.mask()));
  const std::uint32_t destination = packet.destination.host();
  PROVE(destination >> 28U != 0xe && destination != 0xffffffff);
}
