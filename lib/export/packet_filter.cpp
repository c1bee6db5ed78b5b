#include "export/packet_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "export/overlap.hpp"
#include "packet/flow.hpp"
#include "table/policy_text.hpp"

namespace natto::exports {
namespace {

constexpr std::size_t kLongestInterface = 15;

class FilterBuilder {
 public:
  FilterBuilder(const MappingTable& table, const Config& config, const Options& options)
      : table_(table), config_(config), options_(options) {}

  Result<FilterRules> build() {
    for (const PortConfig& port : config_.ports) {
      const std::string name = interface_of(port.realm);
      if (several() && name.size() > kLongestInterface) {
        return input_error(
            fmt::format("no interface can be called {}: name that of realm {} with --interface "
                        "{}=NAME",
                        name, port.realm, port.realm));
      }
    }
    overlapping_ = overlapping_mappings(table_);
    rules_.forward.push_back({.asks = FilterRule::Asks::kFollows});
    for (std::size_t i = 0; i < table_.mappings.size(); ++i) {
      add_mapping(table_.mappings[i], overlapping_.contains(i));
    }
    if (table_.rules.denies) {
      add_policy();
    }
    make_notes();
    return std::move(rules_);
  }

 private:
  [[nodiscard]] bool several() const { return config_.ports.size() > 1; }
  [[nodiscard]] std::string interface_of(const std::string& realm) const {
    const auto named = options_.interfaces.find(realm);
    return named == options_.interfaces.end() ? realm : named->second;
  }
  /// None where there is only one.
  [[nodiscard]] std::optional<std::string> interface_of(RealmId realm) const {
    return several() ? std::optional(interface_of(config_.ports[realm].realm)) : std::nullopt;
  }

  /// Behind which those are who reach a host of `realm`. None stands for all.
  [[nodiscard]] std::vector<std::optional<std::string>> interfaces_of_others(
      RealmId realm, bool of_others_alone) const {
    if (!several() || !of_others_alone) {
      return {std::nullopt};
    }
    std::vector<std::optional<std::string>> others;
    for (std::size_t other = 0; other < config_.ports.size(); ++other) {
      if (other != realm) {
        others.push_back(interface_of(static_cast<RealmId>(other)));
      }
    }
    return others;
  }

  void add_mapping(const Mapping& mapping, bool overlaps) {
    const bool others_alone = overlaps || config_.ports[mapping.realm].hairpin == Hairpin::kDrop;
    for (const auto& interface : interfaces_of_others(mapping.realm, others_alone)) {
      rules_.prerouting.push_back({.comment = mapping.name,
                                   .in = interface,
                                   .destination = mapping.mapped,
                                   .does = FilterRule::Does::kToReal,
                                   .to = mapping.real});
    }
    for (const auto& interface : interfaces_of_others(mapping.realm, others_alone)) {
      rules_.postrouting.push_back({.comment = mapping.name,
                                    .out = interface,
                                    .source = mapping.real,
                                    .does = FilterRule::Does::kToMapped,
                                    .to = mapping.mapped});
    }
    rules_.forward.push_back({.comment = mapping.name,
                              .in = interface_of(mapping.realm),
                              .source = mapping.real,
                              .does = FilterRule::Does::kJump,
                              .chain = FilterRules::kReceivers});
    // An address that stays as it is is not translated, for the kernel.
    const bool stays = mapping.real == mapping.mapped;
    rules_.receivers.push_back(
        {.comment = mapping.name,
         .out = interface_of(mapping.realm),
         .destination = mapping.real,
         .asks = stays ? FilterRule::Asks::kNothing : FilterRule::Asks::kTranslated,
         .does = table_.rules.denies ? FilterRule::Does::kJump : FilterRule::Does::kAccept,
         .chain = FilterRules::kAllowed});
  }

  void add_policy() {
    rules_.allowed.emplace();
    for (const AllowRule& rule : table_.rules.allow) {
      for (const Endpoint& from : rule.from) {
        for (const Endpoint& to : rule.to) {
          allow(rule, from, to);
          if (rule.between) {
            allow(rule, to, from);
          }
        }
      }
    }
    if (table_.rules.answers) {
      rules_.allowed->push_back({.does = FilterRule::Does::kReject});
    }
  }

  static std::optional<Ipv4Prefix> addresses_of(const Endpoint& endpoint) {
    return endpoint.kind == Endpoint::Kind::kRealm ? std::nullopt : std::optional(endpoint.prefix);
  }

  void allow(const AllowRule& rule, const Endpoint& from, const Endpoint& to) {
    FilterRule one{.comment = rule.name,
                   .in = interface_of(from.realm),
                   .out = interface_of(to.realm),
                   .source = addresses_of(from),
                   .destination = addresses_of(to)};
    // Ports alone are those of every protocol that has some.
    std::vector<std::uint8_t> protocols = rule.protocols;
    for (unsigned p = 0; rule.protocols.empty() && !rule.ports.empty() && p < 256; ++p) {
      if (has_ports(static_cast<std::uint8_t>(p))) {
        protocols.push_back(static_cast<std::uint8_t>(p));
      }
    }
    if (protocols.empty()) {
      rules_.allowed->push_back(std::move(one));
      return;
    }
    for (const std::uint8_t protocol : protocols) {
      if (has_ports(protocol) || rule.ports.empty()) {
        one.service = FilterService{.protocol = protocol, .ports = rule.ports};
        rules_.allowed->push_back(one);
      }
    }
  }

  void make_notes() {
    std::vector<std::string>& notes = rules_.notes;
    if (several()) {
      notes.push_back("an interface is called as the realm behind it, or as --interface says");
    }
    if (!overlapping_.empty()) {
      notes.push_back(fmt::format(
          "the real addresses of {} mapping(s) are in several realms: the kernel needs a VRF and a "
          "conntrack zone for each interface, which are not here; their own side does not reach "
          "them by their mapped addresses",
          overlapping_.size()));
    }
    for (const PortConfig& port : config_.ports) {
      if (port.source_not_mapped == SourceNotMapped::kPass) {
        notes.push_back(fmt::format(
            "source_not_mapped = \"pass\" of realm {}: senders without a mapping do not pass",
            port.realm));
      }
      if (port.tcp_mss_clamp) {
        notes.push_back(
            fmt::format("tcp_mss_clamp of realm {}: the MSS stays as it is", port.realm));
      }
    }
    if (!table_.rules.denies && !table_.rules.allow.empty()) {
      notes.push_back("[[allow]] rules without default = \"deny\" only count, and are left out");
    }
    for (const LimitRule& limit : table_.rules.limits) {
      notes.push_back(
          fmt::format("limit {}: {}; nothing limits it", limit.name, to_string(limit, config_)));
    }
    notes.push_back(
        "the kernel keeps connections: what follows an allowed packet passes by its connection, "
        "not by its port");
  }

  const MappingTable& table_;
  const Config& config_;
  const Options& options_;
  std::set<std::size_t> overlapping_;
  FilterRules rules_;
};

}  // namespace

Result<FilterRules> filter_rules(const MappingTable& table, const Config& config,
                                 const Options& options) {
  return FilterBuilder(table, config, options).build();
}

}  // namespace natto::exports
