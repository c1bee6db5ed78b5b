#pragma once

// mappings.toml, read and checked as far as it can be.

#include <filesystem>
#include <functional>

#include "config/diagnostics.hpp"
#include "config/known_ports.hpp"
#include "table/mapping.hpp"

namespace natto {

/// Reads `file`; errors go to `diagnostics`. The result is right and complete if there were none.
/// `checking` is called between reading and checking.
[[nodiscard]] MappingTable read_mapping_file(const std::filesystem::path& file,
                                             const KnownPorts& ports, Diagnostics& diagnostics,
                                             const std::function<void()>& checking = {});

}  // namespace natto
