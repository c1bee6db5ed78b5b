#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace natto {

/// A word of a shell's command line that stands for `text`, whatever is in it.
[[nodiscard]] std::string shell_word(std::string_view text);

/// What the shell command `command` prints on the machine `destination`, as ssh(1) knows it; it
/// reads `input`. Asks for no password: BatchMode. What it complains of goes to standard error.
/// Fails if it does not end with 0, or the machine cannot be reached.
[[nodiscard]] Result<std::string> run_by_ssh(const std::string& destination,
                                             const std::string& command,
                                             std::string_view input = {});

}  // namespace natto
