#pragma once

// Lines of a shell script, as far as rules need them: continued lines, quotes, comments, and
// variables that were given a plain value. Nothing is run.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace natto::old_rules {

struct ShellLine {
  std::uint32_t number = 0;             ///< of its first line, from 1
  std::string text = {};                ///< in one line
  std::vector<std::string> words = {};  ///< unquoted, variables in place
  std::string unresolved = {};          ///< a variable or substitution without a known value
  bool conditional = false;             ///< inside `if`, `for` and the like
};

/// All lines that have words. `;`, `&&` and `||` end a line.
[[nodiscard]] std::vector<ShellLine> shell_lines(std::string_view text);

}  // namespace natto::old_rules
