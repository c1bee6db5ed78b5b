#pragma once

#include <string>

#include "config/model.hpp"
#include "table/mapping.hpp"

namespace natto {

/// SHA-256, 64 hex digits, of the table's content: for each mapping, in ascending order of name (by
/// bytes), the line `name<TAB>realm<TAB>real<TAB>mapped<LF>`; then, if there is a policy, the lines
/// of policy_parts(). Comments, order and layout of the file do not matter, so two companies can
/// compare what they agreed on.
[[nodiscard]] std::string table_digest(const MappingTable& table, const Config& config);

}  // namespace natto
