#pragma once

// Runs every check, in the order of the report, and prints the report.

#include <map>
#include <optional>
#include <string>

#include "doctor/eni_checks.hpp"
#include "doctor/finding.hpp"
#include "doctor/needs.hpp"
#include "doctor/running_ports.hpp"
#include "doctor/tree.hpp"
#include "netdev/veth.hpp"

namespace natto {

/// Checks the machine under `tree`; with `needs`, for that appliance. `aws` counts only with needs;
/// it is null if the appliance does not run on AWS. `veth_peers`: by the realm of the port.
/// `running_ports`: of the natto that runs here, if one does.
[[nodiscard]] Findings examine(const Tree& tree, const Needs* needs, const AwsFacts* aws,
                               const std::map<std::string, VethPeer>& veth_peers,
                               const std::optional<RunningPorts>& running_ports);

[[nodiscard]] bool has_wrong(const Findings& findings);

/// A line for each finding, one more for what to do, and how many there are of each health.
[[nodiscard]] std::string findings_text(const Findings& findings);
/// One object on one line.
[[nodiscard]] std::string findings_json(const Findings& findings);

}  // namespace natto
