#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "policy/policy.hpp"
#include "table/mapping.hpp"

namespace natto {

/// Real addresses of a mapping that the policy treats alike: all of them, or a part that a rule
/// names, or what that leaves.
struct Piece {
  std::uint32_t mapping;  ///< index in the MappingTable
  Ipv4Prefix real;
  Policy::Group group;
};

struct CompiledPolicy {
  Policy policy;
  std::vector<Piece> pieces;  ///< of all mappings, in their order; those of a mapping ascending

  /// Of a real address of the mapping `mapping`.
  [[nodiscard]] Policy::Group group_of(std::uint32_t mapping, Ipv4Address real) const noexcept;
};

/// The policy of `table`, whose rules have been checked, for `realms` realms; null where it has
/// none. Control side.
[[nodiscard]] std::shared_ptr<const CompiledPolicy> compile_policy(const MappingTable& table,
                                                                   std::size_t realms);

}  // namespace natto
