#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace natto {

struct ChildOutput {
  int status = 0;  ///< it ended with; -1: a signal ended it
  std::string text;
};

/// Runs the program `words[0]`, found as a shell does, with the other words as its arguments. It
/// reads `input`, and what it prints is the output; it shares standard error and the terminal.
[[nodiscard]] Result<ChildOutput> run_child(std::vector<std::string> words,
                                            std::string_view input = {});

}  // namespace natto
