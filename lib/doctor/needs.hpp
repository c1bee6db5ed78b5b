#pragma once

// What the appliance that is to run here asks of the machine.

#include <cstdint>
#include <string>

#include "config/loader.hpp"

namespace natto {

struct DpdkVersion {
  unsigned year = 0;
  unsigned month = 0;
  unsigned minor = 0;
};

/// Of what rte_version() says, "DPDK 22.11.11"; zeros if it says something else.
[[nodiscard]] DpdkVersion parse_dpdk_version(const std::string& text);

struct Needs {
  Appliance appliance;
  std::uint64_t memory_mib = 0;  ///< of hugepages
  DpdkVersion dpdk;

  [[nodiscard]] const Config& config() const { return appliance.config; }

  [[nodiscard]] bool has_pci_devices() const;

  /// [dpdk] eal says which CPUs the lcores run on: their numbers are not those of CPUs.
  [[nodiscard]] bool places_lcores_itself() const;
};

}  // namespace natto
