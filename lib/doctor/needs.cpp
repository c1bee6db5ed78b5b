#include "doctor/needs.hpp"

#include <algorithm>
#include <cstdio>

#include "doctor/pci_device.hpp"

namespace natto {

DpdkVersion parse_dpdk_version(const std::string& text) {
  DpdkVersion version;
  const int parts =
      std::sscanf(text.c_str(), "DPDK %4u.%2u.%4u", &version.year, &version.month, &version.minor);
  return parts == 3 ? version : DpdkVersion{};
}

bool Needs::has_pci_devices() const {
  return std::ranges::any_of(
      config().ports, [](const PortConfig& port) { return pci_address(port.device).has_value(); });
}

bool Needs::places_lcores_itself() const {
  return std::ranges::any_of(config().dpdk.eal, [](const std::string& argument) {
    return argument.starts_with("--lcores");
  });
}

}  // namespace natto
