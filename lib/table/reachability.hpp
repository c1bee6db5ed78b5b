#pragma once

#include <span>

#include "config/diagnostics.hpp"
#include "config/known_ports.hpp"
#include "table/mapping_entry.hpp"

namespace natto {

/// Warns of addresses of a right table that, as far as the ports' subnets and the table itself
/// tell, nobody can reach: mapped ones that those who send to them do not send to natto, and real
/// ones to which natto has no way. `mappings` are right and complete, and so are `ports`.
void check_reachability(std::span<const MappingEntry> mappings, const KnownPorts& ports,
                        Diagnostics& diagnostics);

}  // namespace natto
