#pragma once

// The devargs that DPDK's ENA driver needs, by DPDK's version. A driver refuses the device if it
// does not know a devarg.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/dpdk_version.hpp"

namespace natto {

/// Of the libraries that run, which may be newer than those natto was built with.
[[nodiscard]] DpdkVersion running_dpdk_version();

/// "0000:00:06.0", with or without devargs: a PCI device rather than a vdev.
[[nodiscard]] bool is_pci_device(std::string_view device);

/// The name that EAL and sysfs have for `device`: "0000:00:06.0" of "00:06.0,llq_policy=1",
/// "net_null0" of "net_null0,size=64".
[[nodiscard]] std::string device_name(std::string_view device);

/// Whether the device is one that DPDK's ENA driver takes. `root`: of the file system.
[[nodiscard]] bool is_ena(std::string_view device, const std::filesystem::path& root = "/");

/// `ena_device`, with the devargs added that natto wants of this version's driver and that the user
/// has not given, whatever their value.
[[nodiscard]] std::string with_ena_devargs(std::string_view ena_device, const DpdkVersion& version);

}  // namespace natto
