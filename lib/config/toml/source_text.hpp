#pragma once

// The bytes of a text file, and which line and column each of them is on.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/diagnostics.hpp"

namespace natto {

/// A configuration file of more bytes than this is refused unread: half a million mappings fit.
inline constexpr std::size_t kMaxFileBytes = std::size_t{128} << 20;

/// The whole of `file`, read once, if it is a file of at most `most_bytes`. Waits for nobody: a
/// pipe is refused. The error says only why, not which file.
[[nodiscard]] Result<std::string> read_bounded_file(const std::filesystem::path& file,
                                                    std::size_t most_bytes);

/// The same, of at most kMaxFileBytes.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file);

class SourceText {
 public:
  /// A UTF-8 byte order mark at the front is left out: it is no part of line 1.
  explicit SourceText(std::string bytes);

  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

  /// The place of the byte at `offset`, which may be the end of the text.
  [[nodiscard]] Position position(std::size_t offset) const noexcept;

  /// The offset of a byte given by its line, from 1, and its distance in bytes from the line's
  /// start; the end of the text for one beyond it.
  [[nodiscard]] std::size_t offset(std::size_t line, std::size_t bytes_before) const noexcept;

 private:
  std::string bytes_;
  std::vector<std::size_t> line_starts_;
};

}  // namespace natto
