#pragma once

// Reads natto.toml and mappings.toml.
//
// Everything wrong with a file is reported in one go: Error::message has one line per error,
// `file:line:column: what is wrong, and what would be right`, sorted by position. The file is
// named as the caller named it. Reads files and allocates: for the control side only. Throws
// std::bad_alloc, and nothing else, where memory runs out.

#include <filesystem>
#include <functional>

#include "base/result.hpp"
#include "config/model.hpp"
#include "table/mapping.hpp"

namespace natto {

/// natto.toml. Unknown keys and sections are errors; the nearest known one is suggested.
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

/// mappings.toml, checked against the realms and addresses of `config`. `checking` is called when
/// it is read and about to be checked.
[[nodiscard]] Result<MappingTable> load_mappings(const std::filesystem::path& file,
                                                 const Config& config,
                                                 const std::function<void()>& checking = {});

/// The table that `config` names, signed as it wants: the signatures are of the very bytes that are
/// read as the table, and these are read once. Otherwise as load_mappings().
[[nodiscard]] Result<MappingTable> load_table(const Config& config,
                                              const std::function<void()>& checking = {});

/// Whether signatures are looked at: a lab may try a table before anybody signs it.
enum class Signatures { kAsConfigured, kIgnored };

/// What both files of an appliance say.
struct ApplianceFiles {
  Config config;
  MappingTable table;
};

/// natto.toml and the mapping table it names. The errors of both come together: the table is
/// checked even if natto.toml is wrong, as far as its realms can be known.
[[nodiscard]] Result<ApplianceFiles> load_appliance(
    const std::filesystem::path& config_file, Signatures signatures = Signatures::kAsConfigured);

}  // namespace natto
