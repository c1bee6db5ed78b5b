#include "table/policy_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "packet/flow.hpp"
#include "table/policy_compiler.hpp"

namespace natto {
namespace {

bool covers(const Endpoint& wide, const Endpoint& narrow) {
  return wide.realm == narrow.realm && wide.prefix.length <= narrow.prefix.length &&
         wide.prefix.contains(narrow.prefix.address);
}

/// Each of `narrow` lies within one of `wide`.
bool covers(const std::vector<Endpoint>& wide, const std::vector<Endpoint>& narrow) {
  return std::ranges::all_of(narrow, [&](const Endpoint& endpoint) {
    return std::ranges::any_of(
        wide, [&](const Endpoint& candidate) { return covers(candidate, endpoint); });
  });
}

bool covers_sides(const AllowRule& wide, const AllowRule& narrow) {
  const bool straight = covers(wide.from, narrow.from) && covers(wide.to, narrow.to);
  const bool crossed = covers(wide.from, narrow.to) && covers(wide.to, narrow.from);
  if (narrow.between) {
    return wide.between && (straight || crossed);
  }
  return straight || (wide.between && crossed);
}

bool covers_services(const AllowRule& wide, const AllowRule& narrow) {
  // Ports without a protocol mean every protocol that has ports.
  const bool protocols =
      wide.protocols.empty()
          ? wide.ports.empty() || narrow.protocols.empty() ||
                std::ranges::all_of(narrow.protocols, has_ports)
          : !narrow.protocols.empty() && std::ranges::includes(wide.protocols, narrow.protocols);
  const bool ports =
      wide.ports.empty() ||
      (!narrow.ports.empty() && std::ranges::all_of(narrow.ports, [&](const PortRange& range) {
        return std::ranges::any_of(wide.ports, [&](const PortRange& candidate) {
          return candidate.first <= range.first && range.last <= candidate.last;
        });
      }));
  return protocols && ports;
}

class NeedlessRules {
 public:
  NeedlessRules(const MappingTable& table, std::span<const Position> headers,
                Diagnostics& diagnostics)
      : table_(table), headers_(headers), diagnostics_(diagnostics) {
    for (const Piece& piece : table.compiled->pieces) {
      const Mapping& mapping = table.mappings[piece.mapping];
      groups_.try_emplace({mapping.realm, piece.real.first()}, piece.group);
    }
  }

  void warn() const {
    const std::vector<AllowRule>& rules = table_.rules.allow;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
      for (const std::uint32_t other : candidates(rules[i])) {
        if (other != i && makes_needless(rules[other], other, rules[i], i)) {
          diagnostics_.warn(headers_[i],
                            fmt::format("rule {} is needless: {} allows all of it",
                                        in_quotes(rules[i].name), in_quotes(rules[other].name)));
          break;
        }
      }
    }
  }

 private:
  /// Of two rules that say the same the later is needless.
  static bool makes_needless(const AllowRule& wide, std::uint32_t wide_index,
                             const AllowRule& narrow, std::uint32_t narrow_index) {
    const auto all = [](const AllowRule& a, const AllowRule& b) {
      return covers_sides(a, b) && covers_services(a, b);
    };
    return all(wide, narrow) && (wide_index < narrow_index || !all(narrow, wide));
  }

  /// Rules between two addresses of this one's: what makes it needless is among them.
  [[nodiscard]] std::set<std::uint32_t> candidates(const AllowRule& rule) const {
    std::set<std::uint32_t> found;
    const auto from = group_in(rule.from.front());
    const auto to = group_in(rule.to.front());
    if (from == groups_.end() || to == groups_.end()) {
      return found;
    }
    const Policy& policy = table_.compiled->policy;
    policy.for_each_grant(from->second, to->second, [&](const Policy::Grant& grant, bool) {
      if (grant.any.exists()) {
        found.insert(grant.any.index);
      }
      for (const Policy::Range& range : policy.ranges(grant)) {
        found.insert(range.rule.index);
      }
    });
    return found;
  }

  using Groups = std::map<std::pair<RealmId, Ipv4Address>, Policy::Group>;

  /// Of one address of the endpoint.
  [[nodiscard]] Groups::const_iterator group_in(const Endpoint& endpoint) const {
    auto piece = groups_.upper_bound({endpoint.realm, endpoint.prefix.first()});
    const bool holds_the_first = piece != groups_.begin() &&
                                 std::prev(piece)->first.first == endpoint.realm &&
                                 endpoint.kind != Endpoint::Kind::kRealm;
    return holds_the_first ? std::prev(piece) : piece;
  }

  const MappingTable& table_;
  std::span<const Position> headers_;
  Diagnostics& diagnostics_;
  Groups groups_;
};

void warn_of_unnamed_mappings(const MappingTable& table, std::span<const MappingEntry> mappings,
                              Diagnostics& diagnostics) {
  const CompiledPolicy& compiled = *table.compiled;
  std::vector<bool> named(table.mappings.size());
  for (const Piece& piece : compiled.pieces) {
    if (compiled.policy.is_named(piece.group)) {
      named[piece.mapping] = true;
    }
  }
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    if (!named[i]) {
      diagnostics.warn(mappings[i].header,
                       fmt::format("no rule names mapping {}, and [policy] denies the rest: it "
                                   "talks to nobody",
                                   in_quotes(table.mappings[i].name)));
    }
  }
}

}  // namespace

void check_policy(const MappingTable& table, std::span<const Position> headers,
                  std::span<const MappingEntry> mappings, Diagnostics& diagnostics) {
  if (!table.compiled) {
    return;
  }
  if (!table.rules.denies) {
    if (!headers.empty()) {
      diagnostics.warn(headers.front(),
                       "[[allow]] changes nothing while [policy] default is \"allow\"; set it to "
                       "\"deny\"");
    }
    return;
  }
  NeedlessRules(table, headers, diagnostics).warn();
  warn_of_unnamed_mappings(table, mappings, diagnostics);
}

}  // namespace natto
