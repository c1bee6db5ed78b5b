#include "control/control.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "dataplane/head.hpp"
#include "dataplane/tap.hpp"
#include "packet/arp_rules.hpp"
#include "packet/echo.hpp"
#include "packet/icmp_error.hpp"

namespace natto {
namespace {

/// Packets that one step takes from a ring that others can flood, so that no flood keeps control
/// from its timers.
constexpr std::size_t kMaxPerStep = 256;

NextHops next_hops_of(const PortContext& port, const PortNeighbourhood& settings,
                      std::optional<MacAddress> gateway_mac, std::vector<ArpParty> neighbours) {
  return NextHops({.subnet = port.rules.address,
                   .mac = port.filter.mac,
                   .static_mac = settings.static_mac,
                   .gateway_mac = gateway_mac,
                   .neighbours = std::move(neighbours)});
}

/// The next packet of `ring`, or null.
Mbuf take(rte_ring* ring) {
  void* entry = nullptr;
  return rte_ring_dequeue(ring, &entry) == 0 ? Mbuf(static_cast<rte_mbuf*>(entry)) : nullptr;
}

/// The packet's bytes if they lie in one buffer, else none: what natto answers itself is small.
std::span<std::uint8_t> contiguous_bytes(rte_mbuf& mbuf) {
  return mbuf.nb_segs == 1 || rte_pktmbuf_linearize(&mbuf) == 0
             ? std::span(rte_pktmbuf_mtod(&mbuf, std::uint8_t*), mbuf.data_len)
             : std::span<std::uint8_t>();
}

/// Makes `mbuf`, which was sent to natto's own address, the reply to it, if it is an echo request.
bool answer_echo(rte_mbuf& mbuf) {
  const auto bytes = contiguous_bytes(mbuf);
  if (bytes.empty()) {
    return false;
  }
  const std::size_t length =
      kIpv4Offset + header_at<Ipv4Header>(bytes, kIpv4Offset).total_length.host();
  if (!make_echo_reply(bytes.first(length))) {
    return false;
  }
  rte_pktmbuf_trim(&mbuf, static_cast<std::uint16_t>(bytes.size() - length));
  return true;
}

/// A packet of `bytes`, in as many buffers as they need; null if there are too few.
Mbuf make_packet(std::span<const std::uint8_t> bytes, rte_mempool* pool) {
  Mbuf packet;
  while (!bytes.empty()) {
    Mbuf segment(rte_pktmbuf_alloc(pool));
    if (segment == nullptr) {
      return nullptr;
    }
    const auto part =
        bytes.first(std::min<std::size_t>(bytes.size(), rte_pktmbuf_tailroom(segment.get())));
    bytes = bytes.subspan(part.size());
    std::memcpy(rte_pktmbuf_append(segment.get(), static_cast<std::uint16_t>(part.size())),
                part.data(), part.size());
    if (packet == nullptr) {
      packet = std::move(segment);
    } else if (rte_pktmbuf_chain(packet.get(), segment.get()) == 0) {
      static_cast<void>(segment.release());
    }
  }
  return packet;
}

}  // namespace

std::vector<PortNeighbourhood> neighbourhoods_of(const Config& config) {
  std::vector<PortNeighbourhood> neighbourhoods;
  for (const PortConfig& port : config.ports) {
    neighbourhoods.push_back({.gateway = port.gateway, .static_mac = port.gateway_mac});
  }
  return neighbourhoods;
}

NextHopTable initial_next_hops(const std::vector<PortContext>& ports,
                               const std::vector<PortNeighbourhood>& neighbourhoods) {
  NextHopTable table;
  for (const PortContext& port : ports) {
    table.push_back(next_hops_of(port, neighbourhoods[port.realm], std::nullopt, {}));
  }
  return table;
}

Control::Control(Dataplane& dataplane, std::vector<PortNeighbourhood> neighbourhoods)
    : dataplane_(dataplane),
      counters_(dataplane.counters.back()),
      drop_samples_(dataplane.drop_samples.back()) {
  for (const PortContext& port : dataplane_.ports) {
    const PortNeighbourhood& settings = neighbourhoods[port.realm];
    const auto gateway = settings.static_mac ? std::nullopt : settings.gateway;
    neighbourhoods_.push_back(
        {.settings = settings,
         .resolver = Resolver({port.filter.mac, port.rules.address.address}, gateway),
         .waiting = {}});
  }
}

void Control::connect_kernel(RealmId realm, KernelInterface interface,
                             std::uint32_t packets_per_second) {
  neighbourhoods_[realm].kernel.emplace(std::move(interface), dataplane_.ports[realm],
                                        packets_per_second, counters_.kernel[realm]);
}

std::size_t Control::step(Instant now) {
  const std::size_t taken = serve_workers(now);
  for (const PortContext& port : dataplane_.ports) {
    send_for_kernel(port, now);
    send_announcements(port, now);
  }
  return taken;
}

std::size_t Control::serve_workers(Instant now) {
  std::size_t taken = take_arp(now);
  publish_next_hops();
  taken += take_unresolved(now);
  taken += take_own_address(now);
  taken += take_to_answer();
  for (const PortContext& port : dataplane_.ports) {
    send_waiting(port, now);
    request_neighbours(port, now);
  }
  dataplane_.next_hops.reclaim(dataplane_.quiescence);
  return taken;
}

void Control::finish(Instant now) {
  while (serve_workers(now) > 0) {
  }
  for (const PortContext& port : dataplane_.ports) {
    for (Waiting& waiting : std::exchange(neighbourhoods_[port.realm].waiting, {})) {
      drop(std::move(waiting.packet), DropReason::kNextHopUnresolved, port, Way::kOut);
    }
  }
}

std::size_t Control::take_arp(Instant now) {
  std::size_t taken = 0;
  for (; taken < kMaxPerStep; ++taken) {
    Mbuf packet = take(dataplane_.rings.arp.get());
    if (packet == nullptr) {
      break;
    }
    const PortContext& port = dataplane_.ports[packet->port];
    handle_arp(std::move(packet), port, now);
  }
  return taken;
}

void Control::handle_arp(Mbuf packet, const PortContext& port, Instant now) {
  const auto message = parse_arp(contiguous_bytes(*packet));
  if (!message) {
    return drop(std::move(packet), DropReason::kArpMalformed, port, Way::kIn);
  }
  if (answers_arp_for(message->sender.address, port)) {
    return drop(std::move(packet), DropReason::kArpSpoofsOwnAddress, port, Way::kIn);
  }
  const bool heard = neighbourhoods_[port.realm].resolver.hear(message->sender, now);
  const bool asked = message->operation == ArpOperation::kRequest && !message->is_gratuitous() &&
                     answers_arp_for(message->target.address, port);
  if (asked) {
    send_frame(make_arp({.operation = ArpOperation::kReply,
                         .sender = {port.filter.mac, message->target.address},
                         .target = message->sender}),
               port);
  }
  std::optional<KernelPath>& kernel = neighbourhoods_[port.realm].kernel;
  const bool for_kernel = kernel && message->operation == ArpOperation::kReply &&
                          message->target.address == port.rules.address.address;
  const auto refused = for_kernel ? kernel->give(*packet, now) : DropReason::kArpNotForNatto;
  if (!asked && !heard && refused) {
    return drop(std::move(packet), *refused, port, Way::kIn);
  }
  counters_.consumed.add(1);
}

bool Control::answers_arp_for(Ipv4Address address, const PortContext& port) const {
  return natto::answers_arp_for(address, port.realm, port.rules, dataplane_.ports.size(),
                                dataplane_.role.role(), *dataplane_.table.hold());
}

std::size_t Control::take_own_address(Instant now) {
  std::size_t taken = 0;
  for (; taken < kMaxPerStep; ++taken) {
    Mbuf packet = take(dataplane_.rings.own_address.get());
    if (packet == nullptr) {
      break;
    }
    const PortContext& port = dataplane_.ports[packet->port];
    handle_own_address(std::move(packet), port, now);
  }
  return taken;
}

void Control::handle_own_address(Mbuf packet, const PortContext& port, Instant now) {
  if (answer_echo(*packet)) {
    header_at<EthernetHeader>(contiguous_bytes(*packet), 0).source = port.filter.mac;
    counters_.consumed.add(1);
    inject(std::move(packet), port, Origin::kGenerated);
    return;
  }
  std::optional<KernelPath>& kernel = neighbourhoods_[port.realm].kernel;
  const auto refused = kernel ? kernel->give(*packet, now) : DropReason::kOwnAddressNotAnswered;
  if (refused) {
    return drop(std::move(packet), *refused, port, Way::kIn);
  }
  counters_.consumed.add(1);
}

std::size_t Control::take_unresolved(Instant now) {
  std::size_t taken = 0;
  for (; taken < kMaxPerStep; ++taken) {
    Mbuf packet = take(dataplane_.rings.unresolved.get());
    if (packet == nullptr) {
      break;
    }
    const PortContext& port = dataplane_.ports[packet->port];
    handle_unresolved(std::move(packet), port, now);
  }
  return taken;
}

void Control::handle_unresolved(Mbuf packet, const PortContext& port, Instant now) {
  Neighbourhood& neighbourhood = neighbourhoods_[port.realm];
  HeadScratch scratch;
  const Ipv4Address destination =
      header_at<Ipv4Header>(read_head(*packet, scratch).bytes, kIpv4Offset).destination;
  const auto next_hop =
      port.rules.address.contains(destination) ? destination : neighbourhood.settings.gateway;
  if (!next_hop || neighbourhood.waiting.size() >= kMaxWaiting ||
      !neighbourhood.resolver.want(*next_hop)) {
    return drop(std::move(packet), DropReason::kNextHopUnresolved, port, Way::kOut);
  }
  neighbourhood.waiting.push_back({std::move(packet), *next_hop, now});
}

std::size_t Control::take_to_answer() {
  std::size_t taken = 0;
  for (; taken < kMaxPerStep; ++taken) {
    const Mbuf packet = take(dataplane_.rings.to_answer.get());
    if (packet == nullptr) {
      break;
    }
    send_icmp_error(*packet, dataplane_.ports[packet->port]);
  }
  return taken;
}

// To the sender of the packet, by the way that it came.
void Control::send_icmp_error(const rte_mbuf& about, const PortContext& port) {
  const AnswerTag tag = AnswerTag::of(about);
  const auto kind = icmp_error_for(tag.reason);
  std::array<std::uint8_t, kIpv4Offset + kMaxQuoteBytes> scratch;
  const auto readable = std::min<std::uint32_t>(about.pkt_len, scratch.size());
  const std::span original(
      static_cast<const std::uint8_t*>(rte_pktmbuf_read(&about, 0, readable, scratch.data())),
      readable);
  const std::size_t quote = std::min<std::size_t>(
      {header_at<Ipv4Header>(original, kIpv4Offset).total_length.host(), kMaxQuoteBytes,
       port.rules.mtu - (kMaxIcmpErrorBytes - kMaxQuoteBytes)});

  std::array<std::uint8_t, kIpv4Offset + kMaxIcmpErrorBytes> frame{};
  const std::span<std::uint8_t> bytes(frame);
  header_at<EthernetHeader>(bytes, 0) = {
      .destination = header_at<EthernetHeader>(original, 0).source,
      .source = port.filter.mac,
      .ethertype = Be16::from_host(ethertype::kIpv4)};
  const std::size_t length = write_icmp_error(
      {.kind = *kind, .next_hop_mtu = tag.next_hop_mtu, .source = port.rules.address.address},
      original.subspan(kIpv4Offset, quote), bytes.subspan(kIpv4Offset));
  send_frame(bytes.first(kIpv4Offset + length), port);
}

void Control::send_waiting(const PortContext& port, Instant now) {
  Neighbourhood& neighbourhood = neighbourhoods_[port.realm];
  for (Waiting& waiting : std::exchange(neighbourhood.waiting, {})) {
    if (const auto mac = neighbourhood.resolver.find(waiting.next_hop)) {
      send_to_next_hop(std::move(waiting.packet), port, *mac);
    } else if (now >= waiting.since + kMaxWait) {
      drop(std::move(waiting.packet), DropReason::kNextHopUnresolved, port, Way::kOut);
    } else {
      neighbourhood.waiting.push_back(std::move(waiting));
    }
  }
}

// The kernel waits rather than take the room of what natto itself has to send.
void Control::send_for_kernel(const PortContext& port, Instant now) {
  std::optional<KernelPath>& kernel = neighbourhoods_[port.realm].kernel;
  while (kernel && has_spare_room(port)) {
    const auto frame = kernel->take(now);
    if (frame.empty()) {
      return;
    }
    send_frame(frame, port);
  }
}

// As broadcasts: all hosts on the link have to hear it, and the switches between them.
void Control::send_announcements(const PortContext& port, Instant now) {
  Announcer& announcer = neighbourhoods_[port.realm].announcer;
  while (announcer.left() > 0 && has_spare_room(port)) {
    const auto address = announcer.next(now);
    if (!address) {
      return;
    }
    if (answers_arp_for(*address, port)) {
      send_frame(make_arp({.operation = ArpOperation::kRequest,
                           .sender = {port.filter.mac, *address},
                           .target = {MacAddress{}, *address}}),
                 port);
    }
  }
}

std::uint64_t Control::to_announce() const noexcept {
  std::uint64_t sum = 0;
  for (const Neighbourhood& neighbourhood : neighbourhoods_) {
    sum += neighbourhood.announcer.left();
  }
  return sum;
}

bool Control::has_spare_room(const PortContext& port) const {
  const rte_ring* ring = dataplane_.rings.to_worker[port.realm].get();
  return rte_ring_free_count(ring) > rte_ring_get_capacity(ring) / 2;
}

void Control::request_neighbours(const PortContext& port, Instant now) {
  if (!dataplane_.ports_in_use.load(std::memory_order_relaxed).contains(port.realm)) {
    return;  // nothing would leave, and who is not asked is not forgotten
  }
  for (const ArpFrame& request : neighbourhoods_[port.realm].resolver.due(now)) {
    send_frame(request, port);
  }
}

void Control::publish_next_hops() {
  bool changed = false;
  for (Neighbourhood& neighbourhood : neighbourhoods_) {
    const unsigned version = neighbourhood.resolver.version();
    changed |= std::exchange(neighbourhood.published_version, version) != version;
  }
  if (!changed) {
    return;
  }
  auto table = std::make_unique<NextHopTable>();
  for (const PortContext& port : dataplane_.ports) {
    const PortNeighbourhood& settings = neighbourhoods_[port.realm].settings;
    const Resolver& resolver = neighbourhoods_[port.realm].resolver;
    const auto gateway_mac = settings.gateway ? resolver.find(*settings.gateway) : std::nullopt;
    table->push_back(next_hops_of(port, settings, gateway_mac, resolver.known()));
  }
  dataplane_.next_hops.publish(std::move(table), dataplane_.quiescence);
}

void Control::drop(Mbuf packet, DropReason reason, const PortContext& port, Way way) {
  counters_.drop(reason);
  const DropPlace place{.realm = port.realm, .way = way, .tsc = rte_rdtsc()};
  drop_samples_.note(reason, *packet, place);
  const auto capture = dataplane_.capture.hold();
  if (Tap* tap = capture->tap(dataplane_.counters.size() - 1)) {
    tap->dropped(*packet, reason, place);
    tap->publish();
  }
  packet.reset();
}

void Control::send_frame(std::span<const std::uint8_t> frame, const PortContext& port) {
  if (Mbuf packet = make_packet(frame, dataplane_.pools.front())) {
    inject(std::move(packet), port, Origin::kGenerated);
  }
}

void Control::send_to_next_hop(Mbuf packet, const PortContext& port, const MacAddress& next_hop) {
  HeadScratch scratch;
  const Head head = read_head(*packet, scratch);
  header_at<EthernetHeader>(head.bytes, 0).destination = next_hop;
  write_back(head, *packet);
  if (Mbuf left = inject(std::move(packet), port, Origin::kForwarded)) {
    drop(std::move(left), DropReason::kTxRingFull, port, Way::kOut);
  }
}

Mbuf Control::inject(Mbuf packet, const PortContext& port, Origin origin) {
  packet->hash.usr = static_cast<std::uint32_t>(origin);
  if (rte_ring_enqueue(dataplane_.rings.to_worker[port.realm].get(), packet.get()) == 0) {
    static_cast<void>(packet.release());
  }
  return packet;
}

}  // namespace natto
