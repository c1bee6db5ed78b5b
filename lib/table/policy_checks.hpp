#pragma once

#include <span>

#include "config/diagnostics.hpp"
#include "table/mapping.hpp"
#include "table/mapping_entry.hpp"

namespace natto {

/// Warns of what is right in a policy, but hardly meant: rules under default = "allow", a rule that
/// another makes needless, and a mapping that no rule names where the rest is denied. `headers` are
/// those of the rules, `mappings` the entries of `table`.
void check_policy(const MappingTable& table, std::span<const Position> headers,
                  std::span<const MappingEntry> mappings, Diagnostics& diagnostics);

}  // namespace natto
