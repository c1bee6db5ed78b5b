#pragma once

// What the appliance needs of the machine.

#include <cstdint>

#include "base/dpdk_version.hpp"
#include "table/loader.hpp"

namespace natto {

struct Needs {
  ApplianceFiles appliance;
  std::uint64_t memory_mib = 0;        ///< of hugepages
  std::uint64_t mappings_per_mib = 0;  ///< by which the table may grow where there are more
  DpdkVersion dpdk;

  [[nodiscard]] const Config& config() const { return appliance.config; }

  [[nodiscard]] bool has_pci_devices() const;

  [[nodiscard]] bool has_kernel_interfaces() const;

  /// [dpdk] eal says which CPUs the lcores run on: their numbers are not those of CPUs.
  [[nodiscard]] bool places_lcores_itself() const;
};

}  // namespace natto
