#pragma once

#include "base/result.hpp"
#include "proof/rule_sandbox.hpp"

namespace natto::proof {

/// Runs a program to its end. An error says what it wrote on standard error, or that there is none.
[[nodiscard]] Status run_program(const LoaderStep& step);

}  // namespace natto::proof
