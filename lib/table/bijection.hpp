#pragma once

#include <span>

#include "config/diagnostics.hpp"
#include "table/mapping_entry.hpp"

namespace natto {

/// What the mappings must be to each other (R12): no two share a name, a real address of one realm,
/// or a mapped address. A collision is reported once, at the later mapping, and names an earlier
/// mapping with which it collides. Takes O(n log n) time.
void check_bijection(std::span<const MappingEntry> mappings, Diagnostics& diagnostics);

}  // namespace natto
