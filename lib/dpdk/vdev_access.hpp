#pragma once

// Says why a virtual device cannot be opened. Its driver's error says little: most return -1 for
// everything.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dpdk/pci_access.hpp"

namespace natto {

/// The shared libraries of this process, by their paths: DPDK's drivers are among them.
[[nodiscard]] std::vector<std::string> loaded_libraries();

/// "DPDK's driver net_ena is not installed: apt install librte-net-ena23", or empty if it is among
/// `libraries`. `library`: "net_ena", as DPDK calls it.
[[nodiscard]] std::string missing_driver(std::string_view library,
                                         const std::vector<std::string>& libraries);

/// What a virtual device depends on.
struct VdevSurroundings {
  std::vector<std::string> libraries;
  ProcessRights rights;
  std::function<bool(const std::string& name)> has_interface;

  [[nodiscard]] static VdevSurroundings current();
};

/// What keeps `device` ("net_af_packet0,iface=eth1") from being opened, and what to do; empty if
/// nothing is known to.
[[nodiscard]] std::string vdev_obstacle(std::string_view device, const VdevSurroundings& around);

}  // namespace natto
