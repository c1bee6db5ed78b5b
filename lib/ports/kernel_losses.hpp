#pragma once

// Packets that came for a port faster than the workers took them, where the kernel counts them and
// the port's driver does not.

#include <cstdint>
#include <string>

namespace natto {

/// Of one port. One thread.
class KernelLosses {
 public:
  /// `driver`: DPDK's name for it. `interface`: the index of the kernel's interface that the device
  /// is on; 0: it is on none.
  KernelLosses(std::string driver, unsigned interface)
      : driver_(std::move(driver)), interface_(interface) {}

  /// How many since the first call, or longer. Asks the kernel; never waits.
  [[nodiscard]] std::uint64_t read();

 private:
  std::string driver_;
  unsigned interface_;
  std::uint64_t lost_ = 0;
};

}  // namespace natto
