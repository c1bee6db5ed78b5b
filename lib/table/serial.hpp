#pragma once

// Tables that companies agree on have numbers, each a higher one than the one before, so that
// nobody brings back an old table, signed as it is.

#include <cstdint>
#include <string>
#include <vector>

#include "table/mapping.hpp"

namespace natto {

/// A table that was in force.
struct KnownTable {
  std::uint64_t serial = 0;  ///< 0: it had none
  std::string digest = {};

  friend bool operator==(const KnownTable&, const KnownTable&) = default;
};

/// Why `table`, whose digest is `digest`, must not follow those that are `known`: its serial is not
/// above all of theirs, and it is none of them with the very serial that it had. An empty text if
/// it may. With file and line, and what to do.
[[nodiscard]] std::string serial_objection(const MappingTable& table, const std::string& digest,
                                           const std::vector<KnownTable>& known);

}  // namespace natto
