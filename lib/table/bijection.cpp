#include "table/bijection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace natto {
namespace {

/// Addresses that a mapping takes in an address space: a realm's number, or kMappedSpace.
struct Claim {
  unsigned space;
  Ipv4Prefix range;
  std::size_t mapping;  ///< index in the file
};
constexpr unsigned kMappedSpace = kMaxPorts;

/// The earlier claims with which a mapping's claim collides: the one that stands first in the file,
/// and whether there are others.
struct Collision {
  Claim with;
  bool others = false;
};
/// By the later mapping's index.
using Collisions = std::map<std::size_t, Collision>;

void note_collision(Collisions& collisions, const Claim& a, const Claim& b) {
  const auto& [earlier, later] =
      std::minmax(a, b, [](const Claim& x, const Claim& y) { return x.mapping < y.mapping; });
  const auto [noted, is_new] = collisions.try_emplace(later.mapping, Collision{earlier});
  if (!is_new) {
    noted->second.others = true;
    if (earlier.mapping < noted->second.with.mapping) {
      noted->second.with = earlier;
    }
  }
}

/// Two prefixes are disjoint or one holds the other. Sorted by their first address, the longer
/// range first, each stands behind all that hold it, and those still open are a chain of nested
/// ones: at most 33. Of equal ranges only the first stays open.
Collisions find_collisions(std::vector<Claim> claims) {
  std::ranges::sort(claims, {}, [](const Claim& claim) {
    return std::tuple(claim.space, claim.range.address, claim.range.length, claim.mapping);
  });
  Collisions collisions;
  std::vector<Claim> open;
  for (const Claim& claim : claims) {
    while (!open.empty() &&
           (open.back().space != claim.space || open.back().range.last() < claim.range.address)) {
      open.pop_back();
    }
    for (const Claim& holder : open) {
      note_collision(collisions, holder, claim);
    }
    if (open.empty() || open.back().range != claim.range) {
      open.push_back(claim);
    }
  }
  return collisions;
}

class BijectionCheck {
 public:
  BijectionCheck(std::span<const MappingEntry> mappings, Diagnostics& diagnostics)
      : mappings_(mappings), diagnostics_(diagnostics) {}

  void names() const {
    std::map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < mappings_.size(); ++i) {
      const auto& name = mappings_[i].name;
      if (!name) {
        continue;
      }
      const auto [first, is_new] = seen.try_emplace(name->value, i);
      if (!is_new) {
        diagnostics_.add(name->position,
                         fmt::format("name {} is already taken ({}); choose another",
                                     in_quotes(name->value), place(first->second)));
      }
    }
  }

  void real_addresses() const {
    std::vector<Claim> claims;
    for (std::size_t i = 0; i < mappings_.size(); ++i) {
      if (mappings_[i].real && mappings_[i].realm) {
        claims.push_back({*mappings_[i].realm, mappings_[i].real->value, i});
      }
    }
    report("real", &MappingEntry::real, find_collisions(std::move(claims)));
  }

  void mapped_addresses() const {
    std::vector<Claim> claims;
    for (std::size_t i = 0; i < mappings_.size(); ++i) {
      if (mappings_[i].mapped) {
        claims.push_back({kMappedSpace, mappings_[i].mapped->value, i});
      }
    }
    report("mapped", &MappingEntry::mapped, find_collisions(std::move(claims)));
  }

 private:
  using Side = std::optional<Located<Ipv4Prefix>> MappingEntry::*;

  void report(std::string_view key, Side side, const Collisions& collisions) const {
    for (const auto& [later, collision] : collisions) {
      const auto& [range, position] = *(mappings_[later].*side);
      const Ipv4Prefix& other = collision.with.range;
      const std::string how =
          range == other ? fmt::format("is already the {} address", key)
                         : fmt::format("overlaps {}, the {} address", to_string(other), key);
      diagnostics_.add(position, fmt::format("{} {} {} of {}{}", key, to_string(range), how,
                                             describe(collision.with.mapping),
                                             collision.others ? ", and others" : ""));
    }
  }

  [[nodiscard]] std::string describe(std::size_t mapping) const {
    const auto& name = mappings_[mapping].name;
    return name ? fmt::format("mapping {} ({})", in_quotes(name->value), place(mapping))
                : fmt::format("the mapping at {}", place(mapping));
  }

  [[nodiscard]] std::string place(std::size_t mapping) const {
    return diagnostics_.place(mappings_[mapping].header.line);
  }

  std::span<const MappingEntry> mappings_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_bijection(std::span<const MappingEntry> mappings, Diagnostics& diagnostics) {
  const BijectionCheck check(mappings, diagnostics);
  check.names();
  check.real_addresses();
  check.mapped_addresses();
}

}  // namespace natto
