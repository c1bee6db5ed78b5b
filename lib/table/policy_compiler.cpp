#include "table/policy_compiler.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "packet/wire.hpp"
#include "table/real_addresses.hpp"

namespace natto {
namespace {

using Ids = std::vector<std::uint32_t>;

/// What names some addresses; Policy::Lists before it is laid out.
struct Memberships {
  Ids from;
  Ids to;
  Ids limits_from;
  Ids limits_to;

  friend auto operator<=>(const Memberships&, const Memberships&) = default;

  void add(const Memberships& other) {
    for (Ids Memberships::*list : kLists) {
      Ids& mine = this->*list;
      const Ids& theirs = other.*list;
      mine.insert(mine.end(), theirs.begin(), theirs.end());
    }
  }
  void sort() {
    for (Ids Memberships::*list : kLists) {
      Ids& mine = this->*list;
      std::ranges::sort(mine);
      mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    }
  }

  static constexpr std::array kLists = {&Memberships::from, &Memberships::to,
                                        &Memberships::limits_from, &Memberships::limits_to};
};
using Side = Ids Memberships::*;

/// The ranges of one grant, from rules that may overlap.
class RangeUnion {
 public:
  void add(const AllowRule& rule, Policy::RuleOfGrant of) {
    static constexpr std::array kWithPorts = {protocol::kTcp, protocol::kUdp, protocol::kDccp,
                                              protocol::kSctp, protocol::kUdpLite};
    static constexpr std::array<PortRange, 1> kAllPorts = {};
    if (rule.protocols.empty() && rule.ports.empty()) {
      any_ = of.index < any_.index ? of : any_;
      return;
    }
    const std::span<const std::uint8_t> protocols =
        rule.protocols.empty() ? std::span<const std::uint8_t>(kWithPorts) : rule.protocols;
    const std::span<const PortRange> ports =
        rule.ports.empty() ? std::span<const PortRange>(kAllPorts) : rule.ports;
    for (const std::uint8_t protocol : protocols) {
      const std::uint32_t base = std::uint32_t{protocol} << 16U;
      for (const PortRange& range : ports) {
        ranges_.push_back({base | range.first, base | range.last, of});
      }
    }
  }

  [[nodiscard]] Policy::RuleOfGrant any() const { return any_; }

  /// Disjoint; where rules overlap, the first of the file has the range.
  [[nodiscard]] std::vector<Policy::Range> disjoint() {
    std::map<std::uint32_t, Policy::Range> result;  // by first
    std::ranges::stable_sort(ranges_, {}, [](const Policy::Range& r) { return r.rule.index; });
    for (const Policy::Range& range : ranges_) {
      std::uint32_t next = range.first;
      auto at = result.upper_bound(next);
      if (at != result.begin() && std::prev(at)->second.last >= next) {
        --at;
      }
      std::vector<Policy::Range> gaps;
      for (; at != result.end() && at->first <= range.last; ++at) {
        if (next < at->first) {
          gaps.push_back({next, at->first - 1, range.rule});
        }
        next = at->second.last + 1;
      }
      if (next <= range.last) {
        gaps.push_back({next, range.last, range.rule});
      }
      for (const Policy::Range& gap : gaps) {
        result.emplace(gap.first, gap);
      }
    }
    std::vector<Policy::Range> ranges;
    for (const auto& [first, range] : result) {
      ranges.push_back(range);
    }
    return ranges;
  }

 private:
  std::vector<Policy::Range> ranges_;
  Policy::RuleOfGrant any_;
};

class Compiler {
 public:
  Compiler(const MappingTable& table, std::size_t realms)
      : table_(table),
        of_realm_(realms),
        of_unmapped_(realms),
        parts_{.denies = table.rules.denies, .answers = table.rules.answers} {
    for (std::uint32_t i = 0; i < table.mappings.size(); ++i) {
      const Mapping& mapping = table.mappings[i];
      mapping_by_name_.emplace(mapping.name, i);
      real_.add(mapping.realm, mapping.real, i);
    }
    real_.sort();
  }

  [[nodiscard]] CompiledPolicy compile() {
    add_grants();
    add_limits();
    for (const Memberships& of : of_unmapped_) {
      add_group(of);
    }
    std::vector<Piece> pieces = make_pieces();
    return {Policy(std::move(parts_)), std::move(pieces)};
  }

 private:
  /// A set of endpoints, in a form in which equal sets are equal.
  using EndpointSet = std::vector<std::tuple<Endpoint::Kind, RealmId, std::uint32_t, std::uint8_t>>;

  static EndpointSet set_of(const std::vector<Endpoint>& endpoints) {
    EndpointSet set;
    for (const Endpoint& endpoint : endpoints) {
      // A mapping is told by its real addresses.
      const auto kind =
          endpoint.kind == Endpoint::Kind::kMapping ? Endpoint::Kind::kPrefix : endpoint.kind;
      set.emplace_back(kind, endpoint.realm, endpoint.prefix.address.host(),
                       endpoint.prefix.length);
    }
    std::ranges::sort(set);
    set.erase(std::unique(set.begin(), set.end()), set.end());
    return set;
  }

  void add_grants() {
    struct Between {
      const AllowRule* first;  ///< one of the rules of this grant …
      bool reversed;           ///< … and which way it goes
      RangeUnion ranges;
    };
    std::map<std::pair<EndpointSet, EndpointSet>, Between> grants;
    const auto add = [&](std::uint32_t index, bool reversed) {
      const AllowRule& rule = table_.rules.allow[index];
      EndpointSet from = set_of(reversed ? rule.to : rule.from);
      EndpointSet to = set_of(reversed ? rule.from : rule.to);
      const auto [at, is_new] =
          grants.try_emplace({std::move(from), std::move(to)}, Between{&rule, reversed, {}});
      at->second.ranges.add(
          rule, {.index = index & Policy::RuleOfGrant::kNone, .reversed = reversed ? 1U : 0U});
    };
    for (std::uint32_t i = 0; i < table_.rules.allow.size(); ++i) {
      add(i, false);
      if (table_.rules.allow[i].between) {
        add(i, true);
      }
    }
    for (auto& [sets, between] : grants) {
      const auto id = static_cast<std::uint32_t>(parts_.grants.size());
      const AllowRule& rule = *between.first;
      join(between.reversed ? rule.to : rule.from, &Memberships::from, id);
      join(between.reversed ? rule.from : rule.to, &Memberships::to, id);
      const std::vector<Policy::Range> ranges = between.ranges.disjoint();
      parts_.grants.push_back({.first_range = static_cast<std::uint32_t>(parts_.ranges.size()),
                               .ranges = static_cast<std::uint32_t>(ranges.size()),
                               .any = between.ranges.any()});
      parts_.ranges.insert(parts_.ranges.end(), ranges.begin(), ranges.end());
    }
  }

  void add_limits() {
    const auto join_side = [this](const std::vector<Endpoint>& endpoints, Side side,
                                  std::uint32_t id) {
      join(endpoints, side, id);
      for (RealmId realm = 0; realm < of_realm_.size(); ++realm) {
        const bool all = endpoints.empty();
        if (all) {
          (of_realm_[realm].*side).push_back(id);
        }
        // Who has no mapping is nobody's `from` of a rule, but sends packets.
        if (all || std::ranges::any_of(endpoints, [&](const Endpoint& endpoint) {
              return endpoint.kind == Endpoint::Kind::kRealm && endpoint.realm == realm;
            })) {
          (of_unmapped_[realm].*side).push_back(id);
        }
      }
    };
    for (std::uint32_t i = 0; i < table_.rules.limits.size(); ++i) {
      join_side(table_.rules.limits[i].from, &Memberships::limits_from, i);
      join_side(table_.rules.limits[i].to, &Memberships::limits_to, i);
    }
  }

  /// The addresses of `endpoints` get `id` into their list `side`.
  void join(const std::vector<Endpoint>& endpoints, Side side, std::uint32_t id) {
    for (const Endpoint& endpoint : endpoints) {
      switch (endpoint.kind) {
        case Endpoint::Kind::kRealm:
          (of_realm_[endpoint.realm].*side).push_back(id);
          break;
        case Endpoint::Kind::kMapping: {
          const std::uint32_t mapping = mapping_by_name_.at(endpoint.name);
          join_part(mapping, table_.mappings[mapping].real, side, id);
          break;
        }
        case Endpoint::Kind::kPrefix:
          for (const auto& [real, mapping] : real_.within(endpoint.realm, endpoint.prefix)) {
            join_part(mapping, real.length < endpoint.prefix.length ? endpoint.prefix : real, side,
                      id);
          }
          break;
      }
    }
  }
  void join_part(std::uint32_t mapping, const Ipv4Prefix& part, Side side, std::uint32_t id) {
    (parts_of_[mapping][{part.first(), part.length}].*side).push_back(id);
  }

  [[nodiscard]] std::vector<Piece> make_pieces() {
    std::vector<Piece> pieces;
    pieces.reserve(table_.mappings.size());
    Ids plain(of_realm_.size(), UINT32_MAX);  // by realm: the group of what no rule names by itself
    for (std::uint32_t i = 0; i < table_.mappings.size(); ++i) {
      const Mapping& mapping = table_.mappings[i];
      const auto named = parts_of_.find(i);
      if (named == parts_of_.end()) {
        std::uint32_t& group = plain[mapping.realm];
        if (group == UINT32_MAX) {
          group = add_group(of_realm_[mapping.realm]);
        }
        pieces.push_back({i, mapping.real, group});
        continue;
      }
      cut(i, mapping.real, named->second, of_realm_[mapping.realm], pieces);
    }
    return pieces;
  }

  using PartsOfMapping = std::map<std::pair<Ipv4Address, std::uint8_t>, Memberships>;

  /// Halves `range` until no part begins within it.
  void cut(std::uint32_t mapping, const Ipv4Prefix& range, const PartsOfMapping& named,
           Memberships memberships, std::vector<Piece>& pieces) {
    const auto whole = named.find({range.first(), range.length});
    if (whole != named.end()) {
      memberships.add(whole->second);
    }
    // Of prefixes with the same first address the longer ones come later.
    const auto inner = named.upper_bound({range.first(), range.length});
    if (inner == named.end() || inner->first.first > range.last()) {
      pieces.push_back({mapping, range, add_group(std::move(memberships))});
      return;
    }
    const auto length = static_cast<std::uint8_t>(range.length + 1);
    const Ipv4Prefix lower{range.first(), length};
    const Ipv4Prefix upper{Ipv4Address::from_host(lower.last().host() + 1), length};
    cut(mapping, lower, named, memberships, pieces);
    cut(mapping, upper, named, std::move(memberships), pieces);
  }

  std::uint32_t add_group(Memberships memberships) {
    memberships.sort();
    const auto next = static_cast<std::uint32_t>(parts_.groups.size());
    // Unmapped addresses have groups of their own, which come first.
    const bool may_share = next >= of_realm_.size();
    if (may_share) {
      const auto [at, is_new] = groups_.try_emplace(memberships, next);
      if (!is_new) {
        return at->second;
      }
    }
    parts_.groups.push_back({.from = lay_out(memberships.from),
                             .to = lay_out(memberships.to),
                             .limits_from = lay_out(memberships.limits_from),
                             .limits_to = lay_out(memberships.limits_to)});
    return next;
  }

  Policy::List lay_out(const Ids& ids) {
    const auto first = static_cast<std::uint32_t>(parts_.lists.size());
    parts_.lists.insert(parts_.lists.end(), ids.begin(), ids.end());
    return {first, static_cast<std::uint32_t>(ids.size())};
  }

  const MappingTable& table_;
  RealAddresses real_;
  std::unordered_map<std::string_view, std::uint32_t> mapping_by_name_;
  std::unordered_map<std::uint32_t, PartsOfMapping> parts_of_;  ///< by mapping
  std::vector<Memberships> of_realm_;
  std::vector<Memberships> of_unmapped_;
  std::map<Memberships, std::uint32_t> groups_;
  Policy::Parts parts_;
};

}  // namespace

Policy::Group CompiledPolicy::group_of(std::uint32_t mapping, Ipv4Address real) const noexcept {
  const auto piece = std::ranges::upper_bound(
      pieces, std::pair(mapping, real), {},
      [](const Piece& candidate) { return std::pair(candidate.mapping, candidate.real.first()); });
  return std::prev(piece)->group;
}

std::shared_ptr<const CompiledPolicy> compile_policy(const MappingTable& table,
                                                     std::size_t realms) {
  if (table.rules.empty()) {
    return nullptr;
  }
  return std::make_shared<const CompiledPolicy>(Compiler(table, realms).compile());
}

}  // namespace natto
