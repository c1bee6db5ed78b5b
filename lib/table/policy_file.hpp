#pragma once

#include <span>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/known_ports.hpp"
#include "config/section_reader.hpp"
#include "table/mapping_entry.hpp"
#include "table/policy_rules.hpp"

namespace natto {

/// The policy of a mapping file while it is being checked.
struct PolicyEntries {
  PolicyRules rules;
  std::vector<Position> headers;  ///< of rules.allow, by index
};

/// Reads [policy], [[allow]] and [[limit]]. What is wrong with them goes to the diagnostics; a rule
/// may then lack what is wrong. `mappings` are all of the file.
[[nodiscard]] PolicyEntries read_policy(const FileReader& file,
                                        std::span<const MappingEntry> mappings,
                                        const KnownPorts& ports, Diagnostics& diagnostics);

}  // namespace natto
