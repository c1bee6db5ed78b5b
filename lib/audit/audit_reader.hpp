#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/chain.hpp"
#include "base/result.hpp"
#include "base/utc.hpp"

namespace natto {

/// Calls `take` for each line of `file`, without its line feed; returns what is behind the last
/// line feed.
[[nodiscard]] Result<std::string> for_each_line(const std::filesystem::path& file,
                                                const std::function<void(std::string_view)>& take);

struct AuditVerdict {
  ChainPosition newest;  ///< sequence 0: there is no line
  std::string newest_time;
  std::uint64_t lines = 0;
  bool has_pinned = false;  ///< a line has the hash that was asked for
  std::vector<ChainFinding> findings;
  std::vector<ChainFinding> notes;
};

/// `pinned`: the hash of a line that must be there, or empty.
[[nodiscard]] Result<AuditVerdict> verify_audit(const std::filesystem::path& file,
                                                std::string_view pinned);

/// `line` for a person, in one line or with an indented line for each change and error; one that is
/// none of an audit is told so.
[[nodiscard]] std::string audit_text(std::string_view line);

/// When its event was; none if it is no line of an audit.
[[nodiscard]] std::optional<WallTime> time_of(std::string_view line);

}  // namespace natto
