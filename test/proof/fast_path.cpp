// The fast path takes nothing that parse() and decide() would not forward, and does the same with
// it: for every frame that its shape test takes, and all tables, rules and ports. What the caches
// say is a memo of the table.

#include "packet/decision.hpp"
#include "packet/plain.hpp"
#include "packet/plain_lanes.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

/// What the fast path knows of a port; see make_port_context().
Ipv4Address broadcast_of(const PortRules& rules) {
  return is_directed_broadcast(rules.address.last(), rules.address) ? rules.address.last()
                                                                    : Ipv4Address{};
}

PortRules any_rules(const char* name) {
  PortRules rules;
  rules.address = {.address = any_address(name),
                   .length = static_cast<std::uint8_t>(any<std::uint8_t>(name) % 33)};
  rules.mtu = any<std::uint16_t>(name);
  rules.admits_unmapped_sources = any<bool>(name);
  rules.reaches_kernel = any<bool>(name);
  return rules;
}

/// `plain` is what the fast path found of the frame in `head`, which came by a port of `filter` and
/// `in`.
void prove_forwarded(std::span<const std::uint8_t> head, Plain plain, const FrameFilter& filter,
                     PortRules in) {
  ParsedPacket packet{};
  const Frame frame{.head = head,
                    .length = static_cast<std::uint32_t>(head.size()),
                    .ip_checksum = IpChecksum::kGood};
  PROVE(parse(frame, filter, packet).is_forward());
  PROVE(packet.total_length == plain.length() && packet.ip_header_length == 20);
  PROVE(packet.ttl > 1 && !packet.is_icmp_error());
  PROVE(packet.transport == plain.checksum());
  PROVE(packet.real_key == packet.source && packet.mapped_key == packet.destination);

  Found found{};
  found.known = {.source = true, .destination = true};
  found.source = any<Translation>("source");
  found.destination = any<Translation>("destination");
  const PortRules out = any_rules("out");
  if (any<bool>("closed")) {
    in.closed_realm = any<RealmId>("closed_realm");
    // The caches hold no pair that goes there (slow_path.cpp: remember_pairs).
    if (*in.closed_realm == found.destination.realm) {
      return;
    }
  }
  const Replacement source = found.source.apply(packet.source);
  const Replacement destination = found.destination.apply(packet.destination);
  if (!plain_may_leave(plain.length(), destination.address, broadcast_of(out), out.mtu)) {
    return;
  }
  const Decision decision = decide(packet, found, in, out, IcmpRules{});
  const NewAddresses addresses = NewAddresses::of(source, destination);
  PROVE(decision.verdict.is_forward());
  PROVE(decision.addresses.source == addresses.source);
  PROVE(decision.addresses.destination == addresses.destination);
  PROVE(decision.addresses.delta == addresses.delta);
}

}  // namespace

/// What `look_at` of the port's shape takes of any frame of `size` bytes is forwarded, and is a
/// fragment or not.
static void prove_taken(std::size_t size,
                        Plain (PlainShape::*look_at)(std::span<const std::uint8_t>) const noexcept,
                        bool is_fragment) {
  const Block block(size, "frame");
  const FrameFilter filter = any_filter();
  const PortRules in = any_rules("in");
  if (filter.mac.is_group()) {
    return;
  }
  if (const Plain plain = (PlainShape(filter, broadcast_of(in)).*look_at)(block.bytes())) {
    prove_forwarded(block.bytes(), plain, filter, in);
    const auto& ip = header_at<Ipv4Header>(block.bytes(), kIpv4Offset);
    PROVE((ip.more_fragments() || ip.fragment_offset() != 0) == is_fragment);
  }
}

PROPERTY(fast_path_shape) { prove_taken(size, &PlainShape::look_at, false); }
PROPERTY(fast_path_fragment) { prove_taken(size, &PlainShape::look_at_fragment, true); }

// A lane, beside lanes with any other frame: it says what the shape says, and tells of all
// plain packets of TCP and UDP.
template <std::size_t kLanes>
static void prove_lane(std::size_t lane) {
  constexpr std::size_t kFrame = 60;  // a whole TCP header, and more than is read
  const Block block(kFrame, "frame");
  const Block other(PlainShape::kLeastBytes, "other");
  const FrameFilter filter = any_filter();
  const PlainShape shape(filter, any_address("broadcast"));
  const PlainLanes<kLanes> lanes(shape);
  std::uint64_t first;
  std::memcpy(&first, block.bytes().data(), sizeof(first));
  if (shape.strangeness(first) != 0) {
    PROVE(!shape.look_at(block.bytes()));
    return;
  }
  typename PlainLanes<kLanes>::Frames frames;
  frames.fill(other.bytes().data());
  frames[lane] = block.bytes().data();
  std::array<std::uint32_t, kLanes> words;
  lanes.look_at(frames, words);
  const Plain plain = Plain::from_word(words[lane]);
  if (!plain || kIpv4Offset + plain.length() <= kFrame) {
    PROVE(plain == shape.look_at(block.bytes()));
    PROVE(!shape.look_at_fragment(block.bytes()));
    return;
  }
  const auto& ip = header_at<Ipv4Header>(block.bytes(), kIpv4Offset);
  if (words[lane] != PlainLanes<kLanes>::kUnknown) {
    PROVE(plain == Plain::of(ip.total_length.host(), kPlainTransport[ip.protocol]));
    return;
  }
  PROVE(!shape.look_at(block.bytes()) ||
        (ip.protocol != protocol::kTcp && ip.protocol != protocol::kUdp));
}

PROPERTY(fast_path_lanes) { prove_lane<8>(size % 8); }
PROPERTY(fast_path_lanes_of_4) { prove_lane<4>(size % 4); }
