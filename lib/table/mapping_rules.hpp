#pragma once

#include "config/diagnostics.hpp"
#include "config/known_ports.hpp"
#include "table/mapping_entry.hpp"

namespace natto {

/// What a mapping must be by itself (R12): as many mapped as real addresses, none that is never
/// forwarded, none that belongs to a port, its gateway, or its subnet as a whole.
void check_mapping(const MappingEntry& mapping, const KnownPorts& ports, Diagnostics& diagnostics);

}  // namespace natto
