#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace natto {

/// "cannot WHAT FILE: " and what errno says.
[[nodiscard]] Error file_error(std::string_view what, const std::filesystem::path& file);

}  // namespace natto
