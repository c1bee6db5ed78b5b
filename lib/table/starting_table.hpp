#pragma once

// Which table natto starts with: the file's, or where that does not serve, the one kept on disk.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/model.hpp"
#include "table/kept_table.hpp"
#include "table/mapping.hpp"

namespace natto {

/// What the file of the mappings said when it was read last.
struct TableFileState {
  std::string digest = {};   ///< of its table; empty: it has not been read
  std::string refusal = {};  ///< if it was refused: why, a line per error
  std::chrono::system_clock::time_point refused_since = {};

  [[nodiscard]] bool refused() const noexcept { return !refusal.empty(); }
  /// It says another table than the one in force, whose digest is `in_force`.
  [[nodiscard]] bool differs(const std::string& in_force) const noexcept {
    return !refused() && !digest.empty() && digest != in_force;
  }
};

struct StartingTable {
  MappingTable table;
  TableFileState file = {};
  std::optional<KeptTable> kept = std::nullopt;  ///< where tables in force are kept, if they are
  std::string warning = {};                      ///< for the operator; may be empty
};

struct StartingFiles {
  Config config;
  StartingTable start;
};

/// Why `of_file`, whose digest is `digest`, is not taken without being confirmed: it takes too much
/// of the table kept away, of which `record` is. An empty text if it does not, or none is kept.
[[nodiscard]] std::string guard_of_kept(const MappingTable& of_file, const std::string& digest,
                                        const Config& config, const KeptTable& kept,
                                        const KeptTable::Record& record);

/// natto.toml, and the table to start with. A file that takes too much of the kept table away, or
/// has an old serial, serves as little as a wrong one. An error if natto.toml is wrong, or neither
/// the file of the mappings nor the kept table serves: it has the errors of both.
[[nodiscard]] Result<StartingFiles> load_start(const std::filesystem::path& config_file);

}  // namespace natto
