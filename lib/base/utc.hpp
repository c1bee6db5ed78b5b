#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace natto {

using WallTime = std::chrono::system_clock::time_point;

/// "2026-01-31T12:00:00.125Z" (RFC 3339)
[[nodiscard]] std::string utc_text(WallTime time);

/// Such a text, or its beginning: "2026-01", "2026-01-31", "2026-01-31T12:00" and so on, with or
/// without the Z. What is left out is the earliest: "2026-01" is the midnight that begins January.
/// None if it is no time, or not of the years 1970 to 2261.
[[nodiscard]] std::optional<WallTime> parse_utc(std::string_view text);

}  // namespace natto
