#pragma once

#include <filesystem>

#include "config/model.hpp"

namespace natto {

/// Where what outlives the running natto of this natto.toml is: a folder for each natto.toml in
/// `[state] directory`, else in $STATE_DIRECTORY or /var/lib/natto. It need not exist.
[[nodiscard]] std::filesystem::path state_folder(const Config& config);

/// Where the audit is: `[log] audit_file`, or in that folder.
[[nodiscard]] std::filesystem::path audit_file(const Config& config);

}  // namespace natto
