#pragma once

// Reads this instance's ENIs from the instance metadata service of EC2 (IMDSv2), with libcurl.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "doctor/eni.hpp"

namespace natto {

struct MetadataService {
  Ipv4Address address = Ipv4Address::of(169, 254, 169, 254);
  std::uint16_t port = 80;
  std::chrono::milliseconds patience = std::chrono::seconds(2);  ///< for all requests together
};

/// The ENIs of the instance, without their source/destination checks, which the service does not
/// have. Waits.
[[nodiscard]] Result<std::vector<Eni>> ask_instance_metadata(const MetadataService& service);

}  // namespace natto
