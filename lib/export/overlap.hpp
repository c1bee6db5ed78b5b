#pragma once

#include <cstddef>
#include <set>

#include "table/mapping.hpp"

namespace natto::exports {

/// The mappings, by index, whose real addresses a mapping of another realm has as well.
[[nodiscard]] std::set<std::size_t> overlapping_mappings(const MappingTable& table);

}  // namespace natto::exports
