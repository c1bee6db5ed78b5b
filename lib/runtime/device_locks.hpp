#pragma once

// One natto on a device: af_packet gives each its own copy of every packet, and some of DPDK's
// drivers open a card twice without a word.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace natto {

/// What two processes cannot share of `devices`, as names of lock files: a PCI device, and an
/// interface in the network namespace of this process. Captures and memory have none.
[[nodiscard]] std::vector<std::string> lock_names(const std::vector<std::string>& devices);

/// Held until this is gone; the kernel frees them however the process ends.
class DeviceLocks {
 public:
  /// Of all `devices`, in `folder`. An error of kind kInUse names the process that has one. Where
  /// there can be no lock, the log warns.
  [[nodiscard]] static Result<DeviceLocks> take(const std::vector<std::string>& devices,
                                                const std::filesystem::path& folder);

  /// Where the nattos of this machine have them, the service's too.
  [[nodiscard]] static std::filesystem::path place();

 private:
  class Lock;
  std::vector<std::shared_ptr<const Lock>> locks_;
};

}  // namespace natto
