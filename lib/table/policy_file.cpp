#include "table/policy_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/nearest.hpp"
#include "config/values.hpp"
#include "packet/flow.hpp"
#include "packet/protocol_names.hpp"
#include "table/real_addresses.hpp"
#include "table/realm_finder.hpp"

namespace natto {
namespace {

constexpr std::string_view kRealmPrefix = "realm:";

/// Whose addresses a text of a rule means.
class EndpointFinder {
 public:
  EndpointFinder(std::span<const MappingEntry> mappings, const KnownPorts& ports,
                 Diagnostics& diagnostics)
      : mappings_(mappings), realms_(ports, diagnostics), diagnostics_(diagnostics) {
    for (std::uint32_t i = 0; i < mappings.size(); ++i) {
      const MappingEntry& mapping = mappings[i];
      if (mapping.name) {
        by_name_.emplace(mapping.name->value, i);
      }
      if (mapping.realm && mapping.real) {
        real_.add(*mapping.realm, mapping.real->value, i);
      }
    }
    real_.sort();
  }

  /// None if the text is wrong, or what it means is wrong elsewhere.
  [[nodiscard]] std::optional<Endpoint> find(const Located<std::string>& text) {
    const std::string_view value = text.value;
    const bool names_realm =
        value.starts_with(kRealmPrefix) && !parse_ipv4_prefix(value.substr(kRealmPrefix.size()));
    if (names_realm) {
      return realm(text, value.substr(kRealmPrefix.size()));
    }
    if (const auto mapping = by_name_.find(value); mapping != by_name_.end()) {
      return of_mapping(mappings_[mapping->second]);
    }
    if (const std::size_t colon = value.find(':'); colon != std::string_view::npos) {
      const auto in = realms_.find(text.position, value.substr(0, colon));
      const auto prefix = parse(text, value.substr(colon + 1));
      return in && prefix ? prefix_of(text, *in, *prefix) : std::nullopt;
    }
    if (value.find('/') != std::string_view::npos || parse_ipv4_address(value)) {
      const auto prefix = parse(text, value);
      return prefix ? prefix_anywhere(text, *prefix) : std::nullopt;
    }
    unknown_mapping(text);
    return std::nullopt;
  }

 private:
  static std::optional<Endpoint> of_mapping(const MappingEntry& mapping) {
    if (!mapping.realm || !mapping.real) {
      return std::nullopt;
    }
    return Endpoint{.kind = Endpoint::Kind::kMapping,
                    .realm = *mapping.realm,
                    .prefix = mapping.real->value,
                    .name = mapping.name->value};
  }

  std::optional<Endpoint> realm(const Located<std::string>& text, std::string_view name) {
    const auto found = realms_.find(text.position, name);
    if (!found) {
      return std::nullopt;
    }
    const Endpoint endpoint{
        .kind = Endpoint::Kind::kRealm, .realm = *found, .prefix = {.address = {}, .length = 0}};
    if (real_.within(*found, endpoint.prefix).empty() && !mappings_.empty()) {
      diagnostics_.add(text.position, fmt::format("{} allows nothing: no mapping is of this realm",
                                                  in_quotes(text.value)));
      return std::nullopt;
    }
    return endpoint;
  }

  std::optional<Ipv4Prefix> parse(const Located<std::string>& text, std::string_view prefix) {
    auto parsed = parse_address_range(prefix);
    if (!parsed) {
      diagnostics_.add(text.position,
                       fmt::format("{}: {}", in_quotes(text.value), parsed.error().message));
      return std::nullopt;
    }
    return *parsed;
  }

  std::optional<Endpoint> prefix_of(const Located<std::string>& text, RealmId in,
                                    const Ipv4Prefix& prefix) {
    if (real_.within(in, prefix).empty()) {
      diagnostics_.add(text.position,
                       fmt::format("no mapping of realm {} has a real address in {}",
                                   in_quotes(realms_.names()[in]), to_string(prefix)));
      return std::nullopt;
    }
    return Endpoint{.kind = Endpoint::Kind::kPrefix, .realm = in, .prefix = prefix};
  }

  std::optional<Endpoint> prefix_anywhere(const Located<std::string>& text,
                                          const Ipv4Prefix& prefix) {
    std::vector<std::string> having;
    std::optional<RealmId> only;
    for (std::size_t realm = 0; realm < realms_.names().size(); ++realm) {
      if (!real_.within(static_cast<RealmId>(realm), prefix).empty()) {
        having.push_back(fmt::format("\"{}:{}\"", realms_.names()[realm], to_string(prefix)));
        only = static_cast<RealmId>(realm);
      }
    }
    if (having.size() == 1) {
      return prefix_of(text, *only, prefix);
    }
    diagnostics_.add(text.position,
                     having.empty()
                         ? fmt::format("no mapping has a real address in {}", to_string(prefix))
                         : fmt::format("{} is ambiguous; write {}", to_string(prefix),
                                       fmt::join(having, " or ")));
    return std::nullopt;
  }

  void unknown_mapping(const Located<std::string>& text) {
    std::string hint;
    if (suggestions_left_ > 0) {
      --suggestions_left_;
      std::vector<std::string_view> names;
      names.reserve(by_name_.size());
      for (const auto& [name, mapping] : by_name_) {
        names.push_back(name);
      }
      std::ranges::sort(names);
      const std::string_view best = nearest(text.value, names);
      hint = best.empty() ? "" : fmt::format("; did you mean {}?", in_quotes(best));
    }
    diagnostics_.add(text.position,
                     fmt::format("no mapping is called {}{}", in_quotes(text.value), hint));
  }

  std::span<const MappingEntry> mappings_;
  RealmFinder realms_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  RealAddresses real_;
  int suggestions_left_ = 20;  // each looks at every name
};

class PolicyReader {
 public:
  PolicyReader(std::span<const MappingEntry> mappings, const KnownPorts& ports,
               Diagnostics& diagnostics)
      : endpoints_(mappings, ports, diagnostics), diagnostics_(diagnostics) {}

  [[nodiscard]] AllowRule allow(const SectionReader& section) {
    AllowRule rule{.name = name(section, allow_names_), .line = section.position().line};
    if (section.has("between")) {
      read_between(section, rule);
    } else {
      rule.from = read_endpoints(section, "from");
      rule.to = read_endpoints(section, "to");
      for (const std::string_view side : {"from", "to"}) {
        if (!section.has(side)) {
          diagnostics_.add(
              section.position(),
              fmt::format("[[allow]] needs \"{}\", or \"between\" in place of both", side));
        }
      }
    }
    if (is_one_host(rule.from) && is_one_host(rule.to) &&
        rule.from[0].prefix == rule.to[0].prefix && rule.from[0].realm == rule.to[0].realm) {
      diagnostics_.add(section.position(), "the rule allows nothing: both sides are the same host");
    }
    rule.protocols = read_protocols(section);
    rule.ports = read_ports(section);
    refuse_ports_without_protocol(section, rule);
    return rule;
  }

  [[nodiscard]] LimitRule limit(const SectionReader& section) {
    LimitRule limit{.name = name(section, limit_names_), .line = section.position().line};
    limit.from = read_endpoints(section, "from");
    limit.to = read_endpoints(section, "to");
    const auto number = [&](std::string_view key) {
      const auto found = section.integer(key);
      return static_cast<std::uint64_t>(found ? found->value : 0);
    };
    limit.packets_per_second = number("packets_per_second");
    limit.bits_per_second = number("bits_per_second");
    limit.burst_ms = static_cast<std::uint32_t>(number("burst_ms"));
    if (!section.has("from") && !section.has("to")) {
      diagnostics_.add(section.position(), "[[limit]] needs \"from\" or \"to\", or both");
    }
    if (!section.has("packets_per_second") && !section.has("bits_per_second")) {
      diagnostics_.add(section.position(),
                       "[[limit]] needs \"packets_per_second\" or \"bits_per_second\", or both");
    }
    return limit;
  }

 private:
  using Names = std::unordered_map<std::string, std::uint32_t>;

  std::string name(const SectionReader& section, Names& taken) {
    const auto found = section.text("name");
    if (!found) {
      return "";
    }
    const auto [first, is_new] = taken.try_emplace(found->value, section.position().line);
    if (!is_new) {
      diagnostics_.add(found->position,
                       fmt::format("name {} is already taken ({}); choose another",
                                   in_quotes(found->value), diagnostics_.place(first->second)));
    }
    return found->value;
  }

  std::vector<Endpoint> read_endpoints(const SectionReader& section, std::string_view key) {
    std::vector<Endpoint> found;
    for (const Located<std::string>& text : section.values(key)) {
      if (auto endpoint = endpoints_.find(text)) {
        found.push_back(*std::move(endpoint));
      }
    }
    return found;
  }

  void read_between(const SectionReader& section, AllowRule& rule) {
    rule.between = true;
    for (const std::string_view side : {"from", "to"}) {
      if (section.has(side)) {
        diagnostics_.add(section.position_of(side),
                         fmt::format("{} beside between: between stands in its place", side));
      }
    }
    const auto sides = section.values("between");
    if (sides.size() != 2) {
      diagnostics_.add(section.position_of("between"),
                       fmt::format("between has {} sides; it must have two", sides.size()));
      return;
    }
    for (const auto& [side, text] : {std::pair(&rule.from, &sides[0]), {&rule.to, &sides[1]}}) {
      if (auto endpoint = endpoints_.find(*text)) {
        side->push_back(*std::move(endpoint));
      }
    }
  }

  static bool is_one_host(const std::vector<Endpoint>& side) {
    return side.size() == 1 && side[0].prefix.length == 32;
  }

  std::vector<std::uint8_t> read_protocols(const SectionReader& section) {
    std::vector<std::uint8_t> protocols;
    for (const auto& [text, position] : section.values("protocol")) {
      if (const auto protocol = parse_protocol(text)) {
        protocols.push_back(*protocol);
      } else {
        diagnostics_.add(position,
                         fmt::format("unknown protocol {}; write a name (tcp, udp, icmp, gre, esp, "
                                     "sctp, udplite, dccp) or a number from 0 to 255",
                                     in_quotes(text)));
      }
    }
    std::ranges::sort(protocols);
    protocols.erase(std::unique(protocols.begin(), protocols.end()), protocols.end());
    return protocols;
  }

  std::vector<PortRange> read_ports(const SectionReader& section) {
    std::vector<PortRange> ranges;
    for (const auto& text : section.values("ports")) {
      if (const auto range = parse_ports(text)) {
        ranges.push_back(*range);
      }
    }
    std::ranges::sort(ranges);
    std::vector<PortRange> apart;
    for (const PortRange& range : ranges) {
      if (!apart.empty() && range.first <= apart.back().last + 1) {
        apart.back().last = std::max(apart.back().last, range.last);
      } else {
        apart.push_back(range);
      }
    }
    return apart;
  }

  std::optional<PortRange> parse_ports(const Located<std::string>& text) {
    const std::string_view value = text.value;
    const std::size_t dash = value.find('-');
    const auto first = parse_port(value.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_port(value.substr(dash + 1));
    if (!first || !last) {
      diagnostics_.add(text.position,
                       fmt::format("ports has {}; write a port from 0 to 65535, or a range as "
                                   "\"8000-8099\"",
                                   in_quotes(value)));
      return std::nullopt;
    }
    if (*first > *last) {
      diagnostics_.add(text.position,
                       fmt::format("ports has {}, which ends before it begins; write \"{}-{}\"",
                                   in_quotes(value), *last, *first));
      return std::nullopt;
    }
    return PortRange{*first, *last};
  }

  static std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(port)
                                                                    : std::nullopt;
  }

  void refuse_ports_without_protocol(const SectionReader& section, const AllowRule& rule) {
    const auto without = std::ranges::find_if_not(rule.protocols, has_ports);
    if (section.has("ports") && without != rule.protocols.end()) {
      diagnostics_.add(
          section.position_of("ports"),
          fmt::format("ports: {} has none; give it a rule of its own", protocol_name(*without)));
    }
  }

  EndpointFinder endpoints_;
  Diagnostics& diagnostics_;
  Names allow_names_;
  Names limit_names_;
};

}  // namespace

PolicyEntries read_policy(const FileReader& file, std::span<const MappingEntry> mappings,
                          const KnownPorts& ports, Diagnostics& diagnostics) {
  enum class Default : std::uint8_t { kAllow, kDeny };
  enum class Answer : std::uint8_t { kProhibited, kDrop };
  const SectionReader policy = file.section("policy");
  PolicyEntries entries{
      .rules = {.denies = policy.choice<Default>("default") == Default::kDeny,
                .answers = policy.choice<Answer>("answer") == Answer::kProhibited},
      .headers = {}};
  const auto rules = file.sections("allow");
  const auto limits = file.sections("limit");
  if (rules.empty() && limits.empty()) {
    return entries;
  }
  PolicyReader reader(mappings, ports, diagnostics);
  for (const SectionReader& section : rules) {
    entries.rules.allow.push_back(reader.allow(section));
    entries.headers.push_back(section.position());
  }
  for (const SectionReader& section : limits) {
    entries.rules.limits.push_back(reader.limit(section));
  }
  return entries;
}

}  // namespace natto
