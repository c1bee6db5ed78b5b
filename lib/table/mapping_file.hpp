#pragma once

// mappings.toml, read and checked as far as it can be.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "config/diagnostics.hpp"
#include "config/known_ports.hpp"
#include "config/model.hpp"
#include "table/mapping.hpp"

namespace natto {

/// Reads `file`; errors go to `diagnostics`. The result is right and complete if there were none.
/// `checking` is called between reading and checking.
[[nodiscard]] MappingTable read_mapping_file(const std::filesystem::path& file,
                                             const KnownPorts& ports, Diagnostics& diagnostics,
                                             const std::function<void()>& checking = {});

/// The same of `bytes`, which were read from `file`.
[[nodiscard]] MappingTable parse_mapping_file(std::string bytes, const std::filesystem::path& file,
                                              const KnownPorts& ports, Diagnostics& diagnostics,
                                              const std::function<void()>& checking = {});

/// The text of a file that says `table`; of `config` are its realms. `comment`: its first lines.
[[nodiscard]] std::string mapping_file_text(const MappingTable& table, const Config& config,
                                            std::string_view comment);

}  // namespace natto
