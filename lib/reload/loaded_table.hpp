#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "audit/event.hpp"
#include "table/mapping.hpp"
#include "table/translation_table.hpp"

namespace natto {

/// A table that natto runs or ran with, and where it came from. Immutable.
struct LoadedTable {
  std::shared_ptr<const MappingTable> table;
  std::shared_ptr<const TranslationTable> translations;
  std::string digest;   ///< see table_digest
  std::string trigger;  ///< what made natto load it
  std::string who;      ///< the user and process that asked; may be empty
  std::chrono::system_clock::time_point loaded;

  /// Of the table: the first is 1, and each reload makes the next.
  [[nodiscard]] std::uint64_t version() const noexcept { return translations->version(); }
};

/// What the audit says of a table that is in force.
[[nodiscard]] inline TableChange in_force(const LoadedTable& loaded) {
  TableChange change{.version = loaded.version(),
                     .mappings = loaded.table->mappings.size(),
                     .digest_after = loaded.digest,
                     .serial = loaded.table->serial.value_or(0)};
  for (const ssh::GoodSignature& signature : loaded.table->signatures) {
    change.signatures.push_back({.party = signature.party, .key = signature.key});
  }
  return change;
}

}  // namespace natto
