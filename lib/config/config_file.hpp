#pragma once

// natto.toml, read as far as it can be.

#include <filesystem>

#include "config/diagnostics.hpp"
#include "config/known_ports.hpp"
#include "config/model.hpp"

namespace natto {

struct ConfigFile {
  /// Right and complete if no error was reported; table_file is empty if it is not known.
  Config config;
  /// What the mapping table can be checked against even if there were errors.
  KnownPorts ports;
};

/// Reads `file`; errors go to `diagnostics`.
[[nodiscard]] ConfigFile read_config_file(const std::filesystem::path& file,
                                          Diagnostics& diagnostics);

}  // namespace natto
