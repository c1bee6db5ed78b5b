#pragma once

// The table that was in force last, in a folder on disk: natto starts with it where the file of the
// mappings is wrong, missing, or the one that a rollback took out of force.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"
#include "table/mapping.hpp"
#include "table/serial.hpp"

namespace natto {

/// Of one natto.toml.
class KeptTable {
 public:
  /// Touches nothing. It is in state_folder().
  explicit KeptTable(const Config& config);

  /// A file of mappings.
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "table.toml"; }

  /// The digest of the table that a rollback took out of force; empty if the last change was none.
  [[nodiscard]] std::string rolled_back() const;

  /// What is known of tables that were in force.
  struct Record {
    std::string digest = {};  ///< of the table kept; empty: not known
    KnownTable newest = {};   ///< that with the highest serial
    /// Signatures that were found good when a table came into force, with its digest: of the table
    /// kept, and of the one before.
    std::vector<std::pair<std::string, ssh::GoodSignature>> signatures = {};
  };
  [[nodiscard]] Record record() const;

  /// The table kept, with its signatures; an error if it is wrong, or lacks one that `config`
  /// requires. They are not verified again: a key that has expired since does not keep natto from
  /// starting with the table that it ran with.
  [[nodiscard]] Result<MappingTable> load(const Config& config) const;

  /// Keeps `table`, whole or not at all: also if the machine fails. May wait for the disk.
  /// `rolled_back` is as above.
  [[nodiscard]] Status keep(const MappingTable& table, const Config& config,
                            std::string_view rolled_back) const;

  /// From now on rolled_back() is empty.
  void forget_rollback() const;

 private:
  [[nodiscard]] Status keep_record(const MappingTable& table, const std::string& digest) const;
  [[nodiscard]] std::filesystem::path record_file() const { return folder_ / "in-force"; }
  [[nodiscard]] std::filesystem::path rollback_file() const { return folder_ / "rolled-back"; }

  std::filesystem::path folder_;
};

}  // namespace natto
