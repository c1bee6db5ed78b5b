#pragma once

// The errors and warnings found in one file: collected while it is read, shown together, in the
// file's order.

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace natto {

/// A place in a text file. Both count from 1; a column is a character (a tab is one), not a byte.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend constexpr auto operator<=>(Position, Position) = default;
};

/// A value and its place in the file.
template <typename T>
struct Located {
  T value;
  Position position;
};
template <typename T>
Located(T, Position) -> Located<T>;

class Diagnostics {
 public:
  /// `file` is how the messages name the file.
  explicit Diagnostics(std::filesystem::path file) : file_(std::move(file)) {}

  void add(Position position, std::string message) {
    errors_.push_back({std::move(message), position});
  }

  /// Of what is right, but hardly meant.
  void warn(Position position, std::string message) {
    warnings_.push_back({std::move(message), position});
  }

  /// Whether there is no error.
  [[nodiscard]] bool empty() const noexcept { return errors_.empty(); }

  /// One line per error, `file:line:column: message`, sorted by position; errors at the same
  /// place in the order in which they were added. No newline after the last.
  [[nodiscard]] std::string render() const;

  /// The warnings likewise, as `file:line:column: warning: message`; of more than kMostWarnings the
  /// first, and how many more.
  [[nodiscard]] std::vector<std::string> render_warnings() const;
  static constexpr std::size_t kMostWarnings = 100;

  /// "file:line", for a message that points at another place of the same file.
  [[nodiscard]] std::string place(std::uint32_t line) const;

 private:
  std::filesystem::path file_;
  [[nodiscard]] std::string line(const Located<std::string>& entry, std::string_view kind) const;

  std::vector<Located<std::string>> errors_;
  std::vector<Located<std::string>> warnings_;
};

/// `text` in double quotes, fit for one line of a terminal: control characters become \xNN and a
/// long text is cut.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace natto
