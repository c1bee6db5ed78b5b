#include "proof/random_packets.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "explain/described_packet.hpp"
#include "packet/checksum.hpp"
#include "packet/flow.hpp"
#include "packet/wire.hpp"

namespace natto::proof {
namespace {

constexpr std::uint16_t kFirstEphemeral = 32768;
constexpr std::uint8_t kSynAck = 0x12;

void put16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8U);
  at[1] = static_cast<std::uint8_t>(value);
}
void put_checksum(std::uint8_t* at, Be16 checksum) {
  const std::uint16_t raw = checksum.raw();
  std::memcpy(at, &raw, sizeof(raw));
}

/// Of TCP, over the addresses as well.
Be16 tcp_checksum(std::span<const std::uint8_t> packet) {
  Bytes covered(packet.begin() + 12, packet.begin() + sizeof(Ipv4Header));
  covered.insert(covered.end(), {0, protocol::kTcp, 0, 0});
  put16(&covered[10], static_cast<std::uint16_t>(packet.size() - sizeof(Ipv4Header)));
  covered.insert(covered.end(), packet.begin() + sizeof(Ipv4Header), packet.end());
  return internet_checksum(covered);
}

}  // namespace

PacketMaker::PacketMaker(const Config& config, const MappingTable& table,
                         const old_rules::Ruleset& rules, std::uint64_t seed)
    : config_(config), table_(table), services_(old_rules::services_of(rules)), random_(seed) {
  using old_rules::Field;
  for (const old_rules::Chain& chain : rules.chains) {
    for (const old_rules::Rule& rule : chain.rules) {
      const old_rules::Match* source = nullptr;
      const old_rules::Match* destination = nullptr;
      for (const old_rules::Match& match : rule.matches) {
        if (!match.negated && !match.ranges.empty()) {
          source = match.field == Field::kSource ? &match : source;
          destination = match.field == Field::kDestination ? &match : destination;
        }
      }
      if (source != nullptr && destination != nullptr) {
        pairs_.push_back({source->ranges[0], destination->ranges[0]});
      }
    }
  }
  // The kernel looks into these, and described packets have no more than their ports.
  std::erase_if(services_.all, [](const old_rules::Service& service) {
    return has_ports(service.protocol) && service.protocol != protocol::kTcp &&
           service.protocol != protocol::kUdp;
  });
}

Ipv4Address PacketMaker::any_address(const Ipv4Prefix& prefix) {
  const std::uint64_t size = prefix.addresses();
  const std::uint64_t at = one_in(4) ? (one_in(2) ? 0 : size - 1) : below(size);
  return Ipv4Address::from_host(prefix.first().host() + static_cast<std::uint32_t>(at));
}

std::uint32_t PacketMaker::any_of_range(const old_rules::Range& range) {
  switch (below(3)) {
    case 0:
      return range.first;
    case 1:
      return range.last;
    default:
      return range.first + static_cast<std::uint32_t>(below(1ULL + range.last - range.first));
  }
}

PacketMaker::Ends PacketMaker::ends_of_mappings() {
  const Mapping& from = any_of(table_.mappings);
  return {.realm = from.realm,
          .source = any_address(from.real),
          .destination = any_address(any_of(table_.mappings).mapped)};
}

std::optional<std::pair<const Mapping*, Ipv4Address>> PacketMaker::any_host(
    const Endpoint& endpoint) {
  std::vector<const Mapping*> some;
  for (const Mapping& mapping : table_.mappings) {
    if (mapping.realm == endpoint.realm && mapping.real.overlaps(endpoint.prefix)) {
      some.push_back(&mapping);
    }
  }
  if (some.empty()) {
    return std::nullopt;
  }
  const Mapping* mapping = any_of(some);
  const bool narrower = endpoint.prefix.length > mapping->real.length;
  return std::pair(mapping, any_address(narrower ? endpoint.prefix : mapping->real));
}

std::optional<PacketMaker::Ends> PacketMaker::ends_of_policy() {
  if (table_.rules.allow.empty()) {
    return std::nullopt;
  }
  const AllowRule& rule = any_of(table_.rules.allow);
  auto from = any_host(any_of(rule.from));
  auto to = any_host(any_of(rule.to));
  if (!from || !to) {
    return std::nullopt;
  }
  if (one_in(4)) {
    std::swap(from, to);  // whether the other side may open as well
  }
  return Ends{.realm = from->first->realm,
              .source = from->second,
              .destination = to->first->mapped.with_host_bits_of(to->second)};
}

std::optional<PacketMaker::Ends> PacketMaker::ends_of_old_rule() {
  if (pairs_.empty()) {
    return std::nullopt;
  }
  const NamedPair& pair = any_of(pairs_);
  Ends ends{.realm = static_cast<RealmId>(below(config_.ports.size())),
            .source = Ipv4Address::from_host(any_of_range(pair.source)),
            .destination = Ipv4Address::from_host(any_of_range(pair.destination))};
  for (const Mapping& mapping : table_.mappings) {
    if (mapping.real.contains(ends.source)) {
      ends.realm = mapping.realm;
    }
  }
  for (const Mapping& mapping : table_.mappings) {
    if (mapping.real.contains(ends.destination)) {  // a rule behind the translation
      ends.destination = mapping.mapped.with_host_bits_of(ends.destination);
      break;
    }
  }
  return ends;
}

/// Into something that should not pass, mostly. Nothing is sent straight to a real address: a table
/// knows no such way, and rules mostly do not forbid it.
void PacketMaker::spoil(Ends& ends) {
  const auto neighbour = [&](Ipv4Address address) {
    return Ipv4Address::from_host(address.host() + 1 + static_cast<std::uint32_t>(below(3)));
  };
  const Ipv4Address destination = neighbour(ends.destination);
  if (one_in(2)) {
    ends.source = neighbour(ends.source);
  } else if (std::ranges::none_of(table_.mappings, [&](const Mapping& mapping) {
               return mapping.real.contains(destination);
             })) {
    ends.destination = destination;
  }
}

PacketMaker::Ends PacketMaker::ends() {
  std::optional<Ends> chosen;
  switch (below(4)) {
    case 0:
      chosen = ends_of_policy();
      break;
    case 1:
      chosen = ends_of_old_rule();
      break;
    default:
      break;
  }
  Ends ends = chosen ? *chosen : ends_of_mappings();
  if (one_in(8)) {
    spoil(ends);
  }
  return ends;
}

TestPacket PacketMaker::opener() {
  const Ends between = ends();
  const old_rules::Service& service = any_of(services_.all);
  const auto ephemeral = static_cast<std::uint16_t>(
      kFirstEphemeral + below(std::uint64_t{UINT16_MAX} - kFirstEphemeral));
  constexpr std::uint8_t kEcho = 8;
  constexpr std::uint8_t kTimestamp = 13;
  // Not of TCP: with equal ports both ways the kernel would take it for one conversation.
  const bool like_an_answer = service.protocol == protocol::kUdp && one_in(16);
  Bytes frame = frame_of(
      {.source = between.source,
       .destination = between.destination,
       .protocol = service.protocol,
       .length = static_cast<std::uint16_t>(64 + below(400)),
       .source_port =
           like_an_answer ? static_cast<std::uint16_t>(any_of_range(service.ports)) : ephemeral,
       .destination_port = static_cast<std::uint16_t>(any_of_range(service.ports)),
       .icmp_type = one_in(4) ? kTimestamp : kEcho});
  if (service.protocol == protocol::kIcmp) {
    // An identifier, as ping has one. A message of zeros has two right checksums, 0 and ffff.
    const std::span<std::uint8_t> message =
        std::span(frame).subspan(kIpv4Offset + sizeof(Ipv4Header));
    put16(&message[4], ephemeral);
    put16(&message[2], 0);
    put_checksum(&message[2], internet_checksum(message));
  }
  return finished(between.realm, std::move(frame));
}

TestPacket PacketMaker::answer_to(const Forwarded& packet) {
  // Between made-up stations.
  Bytes frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00};
  frame.insert(frame.end(), packet.packet.begin(), packet.packet.end());
  std::uint8_t* ip = &frame[kIpv4Offset];
  std::swap_ranges(ip + 12, ip + 16, ip + 16);
  constexpr std::uint8_t kTtl = 64;
  ip[8] = kTtl;
  std::uint8_t* payload = ip + sizeof(Ipv4Header);
  const std::span<std::uint8_t> all(ip, packet.packet.size());
  switch (ip[9]) {
    case protocol::kTcp:
      std::swap_ranges(payload, payload + 2, payload + 2);
      std::copy_n(payload + 4, 4, payload + 8);  // it acknowledges the SYN
      for (std::size_t i = 11; i >= 8 && ++payload[i] == 0; --i) {
      }
      payload[13] = kSynAck;
      put16(payload + 16, 0);
      put_checksum(payload + 16, tcp_checksum(all));
      break;
    case protocol::kUdp:
      std::swap_ranges(payload, payload + 2, payload + 2);
      break;
    case protocol::kIcmp: {
      constexpr std::uint8_t kEcho = 8;
      payload[0] = payload[0] == kEcho ? 0 : static_cast<std::uint8_t>(payload[0] + 1);
      put16(payload + 2, 0);
      put_checksum(payload + 2, internet_checksum(all.subspan(sizeof(Ipv4Header))));
      break;
    }
    default:
      break;
  }
  return finished(*config_.find_realm(packet.realm), std::move(frame));
}

TestPacket PacketMaker::finished(RealmId realm, Bytes frame) {
  std::uint8_t* ip = &frame[kIpv4Offset];
  put16(ip + 4, identification_++);
  put16(ip + 10, 0);
  put_checksum(ip + 10, internet_checksum({ip, sizeof(Ipv4Header)}));
  return {.realm = config_.ports[realm].realm, .frame = std::move(frame)};
}

}  // namespace natto::proof
