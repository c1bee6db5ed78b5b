#pragma once

// Checks whether AWS delivers the packets: pure functions from AWS's data to findings. An absent
// list could not be read.

#include <optional>

#include "doctor/eni.hpp"
#include "doctor/finding.hpp"
#include "doctor/needs.hpp"

namespace natto {

struct AwsFacts {
  std::optional<std::vector<Eni>> enis;
  std::string why_no_enis;  ///< where they are absent
  std::optional<std::vector<SecurityGroup>> security_groups;
};

/// mapped_addresses, and for each port source_dest_check and connection_tracking.
[[nodiscard]] Findings check_enis(const AwsFacts& aws, const Needs& needs);

}  // namespace natto
