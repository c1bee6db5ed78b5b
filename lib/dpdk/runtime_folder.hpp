#pragma once

// The folder of this process's telemetry socket, natto-PID, beside those of other programs on
// DPDK. EAL makes it and removes none.

#include <filesystem>
#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto {

/// For EAL's --file-prefix, which becomes the folder's name.
[[nodiscard]] std::string own_file_prefix();

/// Where EAL makes these folders: in systemd's RuntimeDirectory, /var/run or the user's own place.
[[nodiscard]] std::filesystem::path dpdk_folder();

/// Removes from `folder` what nattos have left that were killed; never what a process still uses.
void remove_dead_folders(const std::filesystem::path& folder);

/// Whether a socket can be made in a new folder in `folder`: EAL does not start where it cannot
/// make that of telemetry.
[[nodiscard]] Status can_hold_socket(const std::filesystem::path& folder);

/// Keeps others from removing `folder` while this is held.
[[nodiscard]] Descriptor hold_folder(const std::filesystem::path& folder);

}  // namespace natto
