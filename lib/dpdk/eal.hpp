#pragma once

// Starting DPDK's environment abstraction layer, so that the user never meets it.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto {

/// What the program needs of EAL.
struct EalOptions {
  unsigned main_lcore = 0;
  std::vector<unsigned> lcores = {};  ///< workers; empty: all work is done by the main lcore
  bool any_cpu = false;               ///< lcores are not pinned to the CPUs of their numbers
  std::vector<std::string> pci_devices =
      {};                          ///< with their devargs; no other PCI device is touched
  std::uint32_t memory_mib = 256;  ///< packet buffers, rings and tables
  bool hugepages = false;
  bool telemetry = false;
  std::vector<std::string> extra = {};  ///< appended verbatim
};

/// The EAL command line for `options`, without the program's name.
[[nodiscard]] std::vector<std::string> eal_arguments(const EalOptions& options);

/// The CPUs that the calling thread may run on, ascending. Starting EAL narrows them to one.
[[nodiscard]] std::vector<unsigned> allowed_cpus();

/// Free hugepage memory of this machine in MiB, over all page sizes. 0 if there is none.
[[nodiscard]] std::uint64_t free_hugepage_mib();

/// The initialised EAL. One per process and lifetime; it outlives everything of DPDK.
class Eal {
 public:
  /// Main thread only; the calling thread becomes the main lcore.
  [[nodiscard]] static Result<Eal> create(const EalOptions& options);

  Eal(Eal&& other) noexcept;
  Eal& operator=(Eal&&) = delete;
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;
  ~Eal();

 private:
  explicit Eal(Descriptor runtime_folder);

  Descriptor runtime_folder_;  ///< held, so that no other natto removes it
  bool owner_ = true;
};

}  // namespace natto
