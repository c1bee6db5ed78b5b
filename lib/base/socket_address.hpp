#pragma once

#include <sys/un.h>

#include <filesystem>

#include "base/result.hpp"

namespace natto {

/// Of a UNIX socket at `path`, see unix(7). An error of kind kInput if the path is too long for a
/// socket's name.
[[nodiscard]] Result<sockaddr_un> socket_address(const std::filesystem::path& path);

}  // namespace natto
