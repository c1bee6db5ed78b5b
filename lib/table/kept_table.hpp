#pragma once

// The table that was in force last, in a folder on disk: natto starts with it where the file of the
// mappings is wrong, missing, or the one that a rollback took out of force.

#include <filesystem>
#include <optional>
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

  /// What record() is of.
  [[nodiscard]] std::filesystem::path record_file() const { return folder_ / "in-force"; }

  /// The digest of the table that a rollback took out of force; empty if the last change was none.
  [[nodiscard]] std::string rolled_back() const;

  /// What is known of tables that were in force.
  struct Record {
    KnownTable in_force = {};  ///< the table kept; without a digest: not known
    KnownTable newest = {};    ///< that with the highest serial
    /// Signatures that were found good when a table came into force, with its digest: of the table
    /// kept, and of the one before.
    std::vector<std::pair<std::string, ssh::GoodSignature>> signatures = {};
  };
  /// Empty where nothing was kept yet. An error, with the file's name, if there is a record that
  /// cannot be read, or says what natto does not write: then nobody knows which serial is old.
  [[nodiscard]] Result<Record> record() const;

  /// The table kept, with its signatures; an error if it is wrong, or lacks one that `config`
  /// requires. They are not verified again: a key that has expired since does not keep natto from
  /// starting with the table that it ran with.
  [[nodiscard]] Result<MappingTable> load(const Config& config) const;

  /// Keeps `table`, whole or not at all: also if the machine fails. May wait for the disk.
  /// `rolled_back` is as above; `newest`: what the caller knows of the highest serial, of which the
  /// folder may know less. A record that cannot be read stays, and is an error.
  [[nodiscard]] Status keep(const MappingTable& table, const Config& config,
                            std::string_view rolled_back, const KnownTable& newest = {}) const;

  /// From now on rolled_back() is empty.
  void forget_rollback() const;

 private:
  [[nodiscard]] Result<std::optional<std::string>> record_text() const;
  [[nodiscard]] Result<Record> parse_record(const std::optional<std::string>& text) const;
  [[nodiscard]] Status keep_record(const MappingTable& table, const std::string& digest,
                                   KnownTable newest) const;
  [[nodiscard]] std::filesystem::path rollback_file() const { return folder_ / "rolled-back"; }

  std::filesystem::path folder_;
};

}  // namespace natto
