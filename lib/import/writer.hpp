#pragma once

// What was imported, as a file of mappings with comments, and as a report.

#include <string>

#include "import/analysis.hpp"

namespace natto::old_rules {

/// mappings.toml. `source`: what the comments call the input. What needs an answer is commented
/// out.
[[nodiscard]] std::string table_text(const ImportedTable& table, const std::string& source);

/// For a person: carried over, with a difference, not carried over, questions.
[[nodiscard]] std::string report_text(const ImportedTable& table);

}  // namespace natto::old_rules
