#pragma once

#include <string>
#include <vector>

#include "config/model.hpp"
#include "table/mapping.hpp"

namespace natto {

/// How one table differs from another. Mappings are the same if their names are; a change of realm,
/// real or mapped is a change, one of the place in the file is not. Points into both tables.
struct TableDiff {
  struct Change {
    const Mapping* before;
    const Mapping* after;
  };
  std::vector<const Mapping*> added;    ///< in the new file's order
  std::vector<const Mapping*> removed;  ///< in the old file's order
  std::vector<Change> changed;          ///< in the new file's order
  /// Lines about the policy, as to_string() has them.
  std::vector<std::string> policy = {};
};

[[nodiscard]] TableDiff diff_tables(const MappingTable& before, const MappingTable& after,
                                    const Config& config);

/// A line each: `+ name: realm real <-> mapped`, `- name: realm real <-> mapped`,
/// `~ name: old -> new`; then likewise for `policy`, `allow name` and `limit name`.
[[nodiscard]] std::string to_string(const TableDiff& diff, const Config& config);

}  // namespace natto
