#pragma once

// natto's log lines, through DPDK's log under the type "natto": on standard error, with the
// priority that journald reads where it reads standard error. Never per packet.

#include <fmt/format.h>

#include <string_view>

namespace natto {

enum class LogLevel { kError, kWarning, kInfo };

/// One line. Control characters in `text`, which may come from files or clients, become `?`. Any
/// thread but workers: it may block on standard error.
void write_log(LogLevel level, std::string_view text);

/// One for each of the first 20 lines of `text`.
void log_lines(LogLevel level, std::string_view text);

template <typename... Values>
void log(LogLevel level, fmt::format_string<Values...> format, Values&&... values) {
  write_log(level, fmt::format(format, std::forward<Values>(values)...));
}

/// Sends DPDK's log to standard error alone. After EAL was initialised.
void log_to_standard_error();

}  // namespace natto
