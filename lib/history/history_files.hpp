#pragma once

// The history on disk: a file for each month, of lines as history/period.hpp has them, kept for 13
// months. A month takes at most about kMostBytesOfAMonth: the more a look has to write, the later
// is the next one.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "history/period.hpp"

namespace natto {

inline constexpr std::uint64_t kMostBytesOfAMonth = std::uint64_t{128} << 20U;
inline constexpr unsigned kMonthsKept = 13;

/// When the counters are looked at next, after `bytes` were written at `now`: on a full hour (UTC),
/// and in any case when a month begins.
[[nodiscard]] WallTime next_look(WallTime now, std::size_t bytes);

/// Appends it to the file of the month in which it ends, and removes files that are too old. May
/// wait for the disk. An error: the file is as it was.
[[nodiscard]] Result<std::size_t> append_period(const std::filesystem::path& folder,
                                                const Period& period);

struct HistoryRead {
  std::uint64_t unreadable = 0;  ///< lines that are none
};

/// Calls `take` for all periods that end in the months of `from` to `to`, the earliest first.
/// Months without a file have none.
[[nodiscard]] Result<HistoryRead> read_history(const std::filesystem::path& folder, WallTime from,
                                               WallTime to,
                                               const std::function<void(const Period&)>& take);

}  // namespace natto
