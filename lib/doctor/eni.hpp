#pragma once

// Elastic network interfaces and security groups, from the JSON that the command line tool `aws`
// prints.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace natto {

/// An elastic network interface. An absent value is unknown.
struct Eni {
  std::string id = {};                 ///< "eni-...": letters, digits and dashes
  std::vector<Ipv4Prefix> owned = {};  ///< its private addresses, as /32, and delegated prefixes
  std::optional<bool> source_dest_check = {};
  std::vector<std::string> security_groups = {};  ///< "sg-..."

  [[nodiscard]] bool owns(Ipv4Address address) const noexcept;
};

/// What a security group lets through from and to everywhere (0.0.0.0/0), whatever the port.
struct SecurityGroup {
  struct Direction {
    bool all_tcp = false;
    bool all_udp = false;
  };
  std::string id;
  Direction in;
  Direction out;
};

/// Whether `text` can be the ID of something in AWS: it may be printed.
[[nodiscard]] bool is_aws_id(std::string_view text) noexcept;

/// The JSON of `aws ec2 describe-network-interfaces`. Entries without an ID are left out.
[[nodiscard]] Result<std::vector<Eni>> parse_network_interfaces(std::string_view json);

/// The JSON of `aws ec2 describe-security-groups`.
[[nodiscard]] Result<std::vector<SecurityGroup>> parse_security_groups(std::string_view json);

}  // namespace natto
