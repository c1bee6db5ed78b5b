#pragma once

#include <filesystem>
#include <optional>

#include "base/result.hpp"

namespace natto {

/// Asks natto for its health twenty times a second, and writes track_value() into `file` whenever
/// it changes, until SIGINT or SIGTERM; then kServesNothing. It stays connected to natto, so that
/// one that has died shows by the next question.
[[nodiscard]] Status track_health(const std::optional<std::filesystem::path>& socket,
                                  const std::filesystem::path& file);

}  // namespace natto
