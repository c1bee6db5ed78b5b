#pragma once

#include <span>
#include <string_view>

namespace natto {

/// The candidate nearest to `word` (fewest single-character edits), or an empty view if none is
/// near enough to be what the user meant. For "unknown key" messages.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

}  // namespace natto
