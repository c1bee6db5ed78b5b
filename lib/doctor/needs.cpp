#include "doctor/needs.hpp"

#include <algorithm>

#include "doctor/pci_device.hpp"

namespace natto {

bool Needs::has_pci_devices() const {
  return std::ranges::any_of(
      config().ports, [](const PortConfig& port) { return pci_address(port.device).has_value(); });
}

bool Needs::has_kernel_interfaces() const {
  return std::ranges::any_of(
      config().ports, [](const PortConfig& port) { return port.kernel_interface.has_value(); });
}

bool Needs::places_lcores_itself() const {
  return std::ranges::any_of(config().dpdk.eal, [](const std::string& argument) {
    return argument.starts_with("--lcores");
  });
}

}  // namespace natto
