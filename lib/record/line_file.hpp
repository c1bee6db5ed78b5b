#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace natto {

/// A file that lines are appended to and that never grows beyond a size: it becomes FILE.1 then, as
/// that becomes FILE.2, up to FILE.4. It is open for as long as a write takes, so that whoever
/// moves or removes it meanwhile (logrotate) does no harm. One thread.
class LineFile {
 public:
  static constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20U;
  static constexpr unsigned kOldFiles = 4;

  explicit LineFile(std::filesystem::path path, std::uint64_t most_bytes = kMostBytes)
      : path_(std::move(path)), most_bytes_(most_bytes) {}

  /// Appends `lines`, which may be none: then it tells whether it could. What was not written is
  /// not tried again.
  [[nodiscard]] Status append(std::string_view lines) const;

 private:
  [[nodiscard]] Status move_on() const;

  std::filesystem::path path_;
  std::uint64_t most_bytes_;
};

}  // namespace natto
