#pragma once

// Checks memory and cores: pure functions from facts to findings. If `needs` is null, they check
// the machine alone.

#include "doctor/finding.hpp"
#include "doctor/machine.hpp"
#include "doctor/needs.hpp"
#include "doctor/pci_device.hpp"

namespace natto {

/// In all, and where there are several NUMA nodes, on those of `devices`.
[[nodiscard]] Findings check_hugepages(const Machine& machine,
                                       const std::vector<PciDevice>& devices, const Needs* needs);
[[nodiscard]] Findings check_lcores(const Machine& machine, const Needs& needs);
[[nodiscard]] Finding check_isolated_cores(const Machine& machine, const Needs* needs);
[[nodiscard]] Finding check_nohz_full(const Machine& machine, const Needs* needs);
/// Of an appliance with kernel interfaces.
[[nodiscard]] Finding check_kernel_interface(const Machine& machine);
[[nodiscard]] Finding check_governor(const Machine& machine, const Needs* needs);

}  // namespace natto
