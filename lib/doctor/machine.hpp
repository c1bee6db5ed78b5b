#pragma once

// Facts about the machine from /sys, /proc, /etc and /dev. An absent value could not be read.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doctor/tree.hpp"

namespace natto {

/// Over all page sizes.
struct HugepageMemory {
  std::uint64_t total_mib = 0;
  std::uint64_t free_mib = 0;
};

struct NumaNode {
  unsigned number = 0;
  std::vector<unsigned> cpus;
  std::optional<HugepageMemory> hugepages;
};

struct Machine {
  std::optional<HugepageMemory> hugepages;
  std::vector<NumaNode> nodes;        ///< ascending; empty: could not be read
  std::optional<bool> iommu;          ///< has groups of an IOMMU
  std::optional<bool> vfio_no_iommu;  ///< enable_unsafe_noiommu_mode; absent: vfio is not loaded
  bool vfio_is_rebuilt = false;       ///< a vfio-pci that did not come with the kernel
  std::optional<bool> igb_uio_wc;     ///< wc_activate, where a file shows how it is loaded
  std::optional<std::string> memory_types;  ///< x86's pat_memtype_list: root only
  std::optional<std::vector<unsigned>> online;
  std::optional<std::vector<unsigned>> isolated;
  std::optional<std::vector<unsigned>> nohz_full;
  std::map<unsigned, std::vector<unsigned>> thread_siblings;  ///< of a CPU, itself among them
  std::map<unsigned, std::string> governors;                  ///< of a CPU
  std::optional<bool> tun;                                    ///< has /dev/net/tun
  bool on_ec2 = false;
};

[[nodiscard]] Machine read_machine(const Tree& tree);

}  // namespace natto
