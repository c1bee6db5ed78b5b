#pragma once

#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"

namespace natto {

/// A Config with the realms that files of mappings name, for who has no natto.toml: its ports have
/// nothing else.
[[nodiscard]] Result<Config> config_of_realms(const std::vector<std::filesystem::path>& files);

}  // namespace natto
