#pragma once

// Addresses that a host, or a table of hosts, cannot have.

#include <string>

#include "base/address.hpp"

namespace natto {

/// Why `range` holds an address that no router forwards (RFC 1812 §5.3.7, RFC 6890): 0/8, 127/8,
/// 169.254/16, 224/4, 240/4; empty if it does not.
[[nodiscard]] std::string reserved_error(const Ipv4Prefix& range);

/// Why `address` is no host of `subnet`: it is the subnet's network or broadcast address. Empty if
/// it is neither, or if the subnet has neither (/31: RFC 3021, /32).
[[nodiscard]] std::string subnet_edge_error(Ipv4Address address, const Ipv4Prefix& subnet);

/// "10.0.0.0/24" for the subnet of the interface address 10.0.0.1/24.
[[nodiscard]] std::string subnet_name(const Ipv4Prefix& interface_address);

}  // namespace natto
