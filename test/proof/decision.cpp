// The decision: for every table of three mappings, all ports, and every policy, what decide() says
// is what the contract says, written here a second time from its words: nothing is forwarded that
// no pair of mappings and no rule allows. And what judge() says of every policy of two rules.
//
// The contract's formulas join their terms by & and |, which are no branches: KLEE then looks at a
// formula once, and not at each way through it.

#include "packet/decision.hpp"

#include <array>
#include <optional>

#include "policy/policy.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

constexpr std::size_t kMappings = 3;

struct AnyMapping {
  std::uint32_t real;
  std::uint32_t mapped;
  RealmId realm;

  [[nodiscard]] bool is_real(RealmId in, std::uint32_t address) const {
    return (realm == in) & (real == address);
  }
};

/// A table of hosts. A prefix is as many hosts as it has addresses: Translation::apply() is a
/// property of its own (arithmetic_test.cpp).
struct AnyTable {
  std::array<AnyMapping, kMappings> mappings;

  [[nodiscard]] bool is_bijection() const {
    bool collides = false;
    for (std::size_t a = 0; a < kMappings; ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        collides |= mappings[a].mapped == mappings[b].mapped;
        collides |= mappings[a].is_real(mappings[b].realm, mappings[b].real);
      }
    }
    return !collides;
  }
  [[nodiscard]] bool has_real(RealmId realm, Ipv4Address address) const {
    bool has = false;
    for (const AnyMapping& mapping : mappings) {
      has |= mapping.is_real(realm, address.host());
    }
    return has;
  }
  [[nodiscard]] bool has_mapped(Ipv4Address address) const {
    bool has = false;
    for (const AnyMapping& mapping : mappings) {
      has |= mapping.mapped == address.host();
    }
    return has;
  }
  [[nodiscard]] static Translation translation(std::uint32_t from, std::uint32_t to,
                                               const AnyMapping& of, std::size_t index) {
    return Translation::of({Ipv4Address::from_host(from), 32}, {Ipv4Address::from_host(to), 32},
                           of.realm, static_cast<std::uint32_t>(index));
  }
  [[nodiscard]] std::optional<Translation> find_real(RealmId realm, Ipv4Address address) const {
    for (std::size_t i = 0; i < kMappings; ++i) {
      if (mappings[i].is_real(realm, address.host())) {
        return translation(mappings[i].real, mappings[i].mapped, mappings[i], i);
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Translation> find_mapped(Ipv4Address address) const {
    for (std::size_t i = 0; i < kMappings; ++i) {
      if (mappings[i].mapped == address.host()) {
        return translation(mappings[i].mapped, mappings[i].real, mappings[i], i);
      }
    }
    return std::nullopt;
  }
};

/// Whom the table knows of a packet's two ends. A table is a set: which of its mappings comes first
/// says nothing, so the sender's is the first, and the receiver's that one or the second.
struct Ends {
  bool sender;
  std::optional<std::size_t> receiver;
};
constexpr Ends kEnds[] = {
    {false, std::nullopt}, {false, 0}, {true, std::nullopt}, {true, 0}, {true, 1}};

PortRules any_port(const char* name) {
  PortRules rules;
  rules.address.address = any_address(name);
  rules.address.length = any<bool>(name) ? 24 : 31;  // with a broadcast address, and without
  rules.mtu = any<std::uint16_t>(name);
  rules.admits_unmapped_sources = any<bool>(name);
  rules.reaches_kernel = any<bool>(name);
  if (any<bool>(name)) {
    rules.closed_realm = any<RealmId>(name);
  }
  return rules;
}

/// R22: the broadcast address of the port's subnet.
bool is_broadcast_of(const PortRules& port, std::uint32_t address) {
  return (port.address.length == 24) & (address == (port.address.address.host() | 0xffU));
}

}  // namespace

/// `size`: the kind of the packet, an ICMP error or none, and which of its ends the table knows.
PROPERTY(decision_contract) {
  const Ends ends = kEnds[size / 2 % std::size(kEnds)];
  const bool is_error = size % 2 != 0;
  AnyTable table{};
  for (AnyMapping& mapping : table.mappings) {
    mapping = {.real = any<std::uint32_t>("real"),
               .mapped = any<std::uint32_t>("mapped"),
               .realm = any<RealmId>("realm")};
  }
  if (!table.is_bijection()) {
    return;
  }
  const auto from = ends.sender ? table.mappings[0].realm : any<RealmId>("from");
  ParsedPacket packet{};
  packet.real_key =
      ends.sender ? Ipv4Address::from_host(table.mappings[0].real) : any_address("sender");
  packet.mapped_key = ends.receiver ? Ipv4Address::from_host(table.mappings[*ends.receiver].mapped)
                                    : any_address("receiver");
  if (!ends.sender && table.has_real(from, packet.real_key)) {
    return;
  }
  if (!ends.receiver && table.has_mapped(packet.mapped_key)) {
    return;
  }
  packet.source = packet.real_key;
  packet.destination = packet.mapped_key;
  packet.total_length = any<std::uint16_t>("total_length");
  packet.ttl = any<std::uint8_t>("ttl");
  packet.dont_fragment = any<bool>("dont_fragment");
  if (is_error) {
    packet.quoted.ip_offset = 42;
    packet.quoted.checksum_bad = any<bool>("quoted_bad");
    packet.quoted.icmp_checksum_bad = any<bool>("icmp_bad");
    packet.source = any_address("reporter");
  }
  const IcmpRules icmp{.outer_source = static_cast<OuterSource>(pick(3, "outer_source")),
                       .inner_checksum_bad = any<bool>("drops_inner_bad")
                                                 ? InnerChecksumBad::kDrop
                                                 : InnerChecksumBad::kPass};
  const PortRules in = any_port("in");
  const PortRules out = any_port("out");
  const bool allowed = any<bool>("allowed");

  Found found{};
  const auto source = table.find_real(from, packet.real_key);
  const auto destination = table.find_mapped(packet.mapped_key);
  found.known = {.source = source.has_value(), .destination = destination.has_value()};
  found.source = source.value_or(Translation{});
  found.destination = destination.value_or(Translation{});
  look_up_rest(packet, from, in, table, found);
  const Decision decision = decide(packet, found, in, out, icmp, [allowed] {
    return allowed ? Verdict::forward() : Verdict(DropReason::kNotAllowed);
  });

  // The contract. What is forwarded has a mapped destination (R1); its source is real in the realm
  // that it comes from, or the port admits others that are nobody's (R24, H11); a rule allows it
  // (P1); it goes to no closed realm (R38), no broadcast (R22); it has a TTL to spend (R14), and
  // fits (R15).
  if (!decision.verdict.is_forward()) {
    PROVE(decision.verdict.is_drop() || decision.verdict == Verdict::to_own_address());
    return;
  }
  PROVE(allowed);
  PROVE(ends.receiver.has_value());
  PROVE(ends.sender || (in.admits_unmapped_sources & !table.has_mapped(packet.source)));
  const AnyMapping& to = table.mappings[*ends.receiver];
  PROVE(!in.closed_realm || *in.closed_realm != to.realm);
  PROVE(!is_broadcast_of(in, packet.destination.host()) && !is_broadcast_of(out, to.real));
  PROVE(packet.ttl > 1);
  PROVE((packet.total_length <= out.mtu) | !packet.dont_fragment);
  PROVE(decision.addresses.destination.host() == to.real);
  const std::uint32_t host = ends.sender ? table.mappings[0].mapped : packet.real_key.host();
  if (!is_error) {
    PROVE(decision.addresses.source.host() == host);
    return;
  }
  // R26, R27, R31, R32.
  PROVE(!packet.quoted.icmp_checksum_bad);
  PROVE(!packet.quoted.checksum_bad | (icmp.inner_checksum_bad == InnerChecksumBad::kPass));
  PROVE(decision.quoted.source.host() == to.real && decision.quoted.destination.host() == host);
  std::optional<std::uint32_t> reporter;
  for (const AnyMapping& mapping : table.mappings) {
    if (mapping.is_real(from, packet.source.host())) {
      reporter = mapping.mapped;
    }
  }
  if (!reporter) {
    PROVE(icmp.outer_source != OuterSource::kDrop);
    reporter = icmp.outer_source == OuterSource::kOwn ? out.address.address.host() : host;
  }
  PROVE(decision.addresses.source.host() == *reporter);
}

/// Two rules, each from one group to another for a span of ports of one protocol; the compiled form
/// of a policy that denies the rest. `size`: the group of the packet's receiver. That of its sender
/// is 0; the groups differ in nothing but their number, so that it is that one, or 1.
PROPERTY(policy_contract) {
  struct Rule {
    Policy::Group from;
    Policy::Group to;
    std::uint8_t protocol;
    std::uint16_t first;
    std::uint16_t last;
    bool any;
  };
  constexpr std::size_t kRules = 2;
  constexpr std::size_t kGroups = 3;
  const auto number = [](std::uint32_t rule) {
    return Policy::RuleOfGrant{.index = rule & Policy::RuleOfGrant::kNone};
  };
  std::array<Rule, kRules> rules{};
  Policy::Parts parts{.denies = true};
  parts.groups.resize(kGroups);
  for (std::uint32_t i = 0; i < kRules; ++i) {
    Rule& rule = rules[i];
    rule = {.from = static_cast<Policy::Group>(pick(kGroups, "from")),
            .to = static_cast<Policy::Group>(pick(kGroups, "to")),
            .protocol = any<std::uint8_t>("protocol"),
            .first = any<std::uint16_t>("first"),
            .last = any<std::uint16_t>("last"),
            .any = any<bool>("any")};
    if (rule.first > rule.last) {
      return;
    }
    const std::uint32_t of_protocol = std::uint32_t{rule.protocol} << 16U;
    const Policy::Grant grant{.first_range = i,
                              .ranges = rule.any ? 0U : 1U,
                              .any = number(rule.any ? i : Policy::RuleOfGrant::kNone)};
    parts.grants.push_back(grant);
    parts.ranges.push_back({of_protocol | rule.first, of_protocol | rule.last, number(i)});
  }
  for (std::size_t group = 0; group < kGroups; ++group) {
    const auto list = [&](Policy::Group Rule::*side) {
      const auto first = static_cast<std::uint32_t>(parts.lists.size());
      for (std::uint32_t i = 0; i < kRules; ++i) {
        if (rules[i].*side == group) {
          parts.lists.push_back(i);
        }
      }
      return Policy::List{first, static_cast<std::uint32_t>(parts.lists.size()) - first};
    };
    parts.groups[group].from = list(&Rule::from);
    parts.groups[group].to = list(&Rule::to);
  }
  const Policy policy(std::move(parts));

  Flow flow;
  flow.protocol = any<std::uint8_t>("of");
  flow.role = static_cast<FlowRole>(any<std::uint8_t>("role") % 4);
  flow.ports_unknown = any<bool>("ports_unknown");
  flow.source_port = any<std::uint16_t>("source_port");
  flow.destination_port = any<std::uint16_t>("destination_port");
  const Policy::Group source = 0;
  const auto destination = static_cast<Policy::Group>(size % 2);
  const Policy::Judgement judgement = policy.judge(source, destination, flow);

  // P2: from -> to by the destination's port, to -> from by the source's. P3, P4: who opens or asks
  // comes from the one side, who answers from the other. P5: a fragment by its protocol.
  bool allowed = false;
  bool opened = false;
  for (const Rule& rule : rules) {
    const auto fits = [&](std::uint16_t port) {
      return rule.any | ((rule.protocol == flow.protocol) &
                         (flow.ports_unknown | ((port >= rule.first) & (port <= rule.last))));
    };
    const bool there =
        (rule.from == source) & (rule.to == destination) & fits(flow.destination_port);
    const bool back = (rule.from == destination) & (rule.to == source) & fits(flow.source_port);
    const bool may_come_back = (flow.role == FlowRole::kEither) | (flow.role == FlowRole::kAnswers);
    allowed |= (there & (flow.role != FlowRole::kAnswers)) | (back & may_come_back);
    opened |= back & (flow.role == FlowRole::kOpens);
  }
  PROVE(judgement.verdict.is_forward() == allowed);
  PROVE(allowed || judgement.verdict ==
                       Verdict(opened ? DropReason::kOpenedByOtherSide : DropReason::kNotAllowed));
}
