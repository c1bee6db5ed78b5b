// The fast path takes nothing that parse() and decide() would not forward, and does the same with
// it: for every frame that its shape test takes, and all tables, rules and ports. What the caches
// say is a memo of the table.

#include "packet/decision.hpp"
#include "packet/plain.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

PROPERTY(fast_path_shape) {
  const Block block(size, "frame");
  const std::span<const std::uint8_t> head = block.bytes();
  const FrameFilter filter = any_filter();
  if (filter.mac.is_group()) {
    return;
  }
  const std::uint16_t length = PlainShape(filter).length_of(head);
  if (length == 0) {
    return;
  }
  ParsedPacket packet{};
  const Frame frame{
      .head = head, .length = static_cast<std::uint32_t>(size), .ip_checksum = IpChecksum::kGood};
  PROVE(parse(frame, filter, packet).is_forward());
  PROVE(packet.total_length == length && packet.ip_header_length == 20);
  PROVE(!packet.later_fragment && packet.ttl > 1 && !packet.is_icmp_error());
  PROVE(packet.transport == plain_transport(head));
  PROVE(packet.real_key == packet.source && packet.mapped_key == packet.destination);

  Found found{};
  found.known = {.source = true, .destination = true};
  found.source = any<Translation>("source");
  found.destination = any<Translation>("destination");
  const auto any_rules = [](const char* name) {
    PortRules rules;
    rules.address = {.address = any_address(name),
                     .length = static_cast<std::uint8_t>(any<std::uint8_t>(name) % 33)};
    rules.mtu = any<std::uint16_t>(name);
    rules.admits_unmapped_sources = any<bool>(name);
    rules.reaches_kernel = any<bool>(name);
    return rules;
  };
  PortRules in = any_rules("in");
  const PortRules out = any_rules("out");
  if (any<bool>("closed")) {
    in.closed_realm = any<RealmId>("closed_realm");
    // The caches hold no pair that goes there (slow_path.cpp: remember_pairs).
    if (*in.closed_realm == found.destination.realm) {
      return;
    }
  }
  // As make_port_context() has it.
  const auto broadcast_of = [](const PortRules& rules) {
    return is_directed_broadcast(rules.address.last(), rules.address) ? rules.address.last()
                                                                      : Ipv4Address{};
  };
  const Replacement source = found.source.apply(packet.source);
  const Replacement destination = found.destination.apply(packet.destination);
  const auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  if (!plain_may_leave(ip, length, destination.address, broadcast_of(in), broadcast_of(out),
                       out.mtu)) {
    return;
  }
  const Decision decision = decide(packet, found, in, out, IcmpRules{});
  const NewAddresses addresses = NewAddresses::of(source, destination);
  PROVE(decision.verdict.is_forward());
  PROVE(decision.addresses.source == addresses.source);
  PROVE(decision.addresses.destination == addresses.destination);
  PROVE(decision.addresses.delta == addresses.delta);
}
