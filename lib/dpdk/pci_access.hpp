#pragma once

// Says why this process cannot use a network card. DPDK's own error says little.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace natto {

/// What the kernel lets a process do beyond its user's rights.
struct ProcessRights {
  std::uint64_t capabilities = 0;  ///< the effective ones, a bit each (capabilities(7))
  bool locks_any_memory = false;   ///< RLIMIT_MEMLOCK is unlimited

  [[nodiscard]] static ProcessRights current();
};

/// A line for each thing that keeps a process with these `rights` from the PCI device at `address`
/// ("0000:00:06.0", devargs may follow), each with a line break before it; empty if nothing does.
/// `root`: of the file system.
[[nodiscard]] std::string pci_obstacles(std::string_view address, const ProcessRights& rights,
                                        const std::filesystem::path& root = "/");

}  // namespace natto
