#pragma once

// What natto does with a packet, step by step. The functions that decide it on the packet path
// decide it here: parse() and decide().

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"
#include "packet/role.hpp"
#include "packet/verdict.hpp"
#include "table/mapping.hpp"

namespace natto {

struct Explanation {
  Verdict verdict;                 ///< forward, arp or to_own_address (natto acts on it), or a drop
  std::vector<std::string> steps;  ///< lines for a person
  std::string rule = {};           ///< the rule that allows it; empty if none need or does
};

/// The realm that `name` names; where it is empty, the only realm in which the source of `frame` is
/// a real address. An error of kind kInput if there is none, or more than one.
[[nodiscard]] Result<RealmId> realm_of(const Config& config, const MappingTable& table,
                                       std::string_view name, std::span<const std::uint8_t> frame);

/// What becomes of the whole Ethernet frame `frame` that arrives in `realm`. Like `natto replay` it
/// takes the frame as one for this port, whatever its destination MAC address. It knows of no
/// neighbour and no rate: as if every next hop answered, and nothing had come before. `role` is
/// that of the natto. Any thread.
[[nodiscard]] Explanation explain(const Config& config, const MappingTable& table, RealmId realm,
                                  std::span<const std::uint8_t> frame, Role role = Role::kActive);

}  // namespace natto
