#pragma once

// Every check, in the order in which they are told; and how they are told.

#include "doctor/eni_checks.hpp"
#include "doctor/finding.hpp"
#include "doctor/needs.hpp"
#include "doctor/tree.hpp"

namespace natto {

/// Whether the machine under `tree` is fit; with `needs`, for that appliance. `aws` is looked at
/// only with needs, and may be null: the appliance does not run on AWS.
[[nodiscard]] Findings examine(const Tree& tree, const Needs* needs, const AwsFacts* aws);

[[nodiscard]] bool has_wrong(const Findings& findings);

/// A line for each finding, one more for what to do, and how many there are of each health.
[[nodiscard]] std::string findings_text(const Findings& findings);
/// One object on one line.
[[nodiscard]] std::string findings_json(const Findings& findings);

}  // namespace natto
