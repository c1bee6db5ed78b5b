#pragma once

// Cuts a TOML text into its statements: [section], [[section]], and key = value.
//
// Keys and values other than the plainest go on to toml11, one at a time, so that no cost of
// toml11's grows with the file. What would still hurt it is refused here: deep nesting, on which it
// recurses, long words and lines, and what is not UTF-8. This file knows just enough of the grammar
// for that: strings, comments and brackets (TOML 1.0).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace natto {

/// Brackets within brackets, and parts of a dotted key.
inline constexpr std::size_t kMaxNesting = 16;
/// Bytes of a line.
inline constexpr std::size_t kMaxLineBytes = 4096;
/// Bytes of a number, date or bare key.
inline constexpr std::size_t kMaxWordBytes = 64;

/// What is wrong, and the byte that it is at.
struct TomlError {
  std::size_t offset;
  std::string message;
};

/// Bytes of the text, from one to before another.
struct Slice {
  std::size_t begin;
  std::size_t end;
};

struct Statement {
  enum class Kind { kSection, kListSection, kKeyValue } kind;
  std::size_t begin;
  Slice key;    ///< of a header, what is in the brackets
  Slice value;  ///< of a kKeyValue
};

/// The first byte or line that may not be in any TOML text.
[[nodiscard]] std::optional<TomlError> check_characters(std::string_view text);

class StatementReader {
 public:
  /// Of a text that check_characters() found right.
  explicit StatementReader(std::string_view text) : text_(text) {}

  /// The next statement, or what is wrong with it; nothing at the end. After an error it goes on
  /// with the next line, or ends where it cannot know what is a statement.
  [[nodiscard]] std::optional<std::variant<Statement, TomlError>> next();

  /// Bytes of what was read, each where it was, but comments blanked out.
  [[nodiscard]] std::string_view operator[](Slice slice) const {
    return std::string_view(text_).substr(slice.begin, slice.end - slice.begin);
  }

 private:
  void skip_header(Statement& statement);
  void skip_key_value(Statement& statement);
  Slice skip_key();
  void skip_value();
  void skip_string();
  void skip_comment();
  void skip_blanks();
  void count_word();
  void end_word();
  void fail(std::size_t offset, std::string message);

  [[nodiscard]] std::string_view rest() const { return std::string_view(text_).substr(at_); }
  [[nodiscard]] bool at_any(std::string_view characters) const {
    return at_ < text_.size() && characters.find(text_[at_]) != std::string_view::npos;
  }

  std::string text_;
  std::size_t at_ = 0;
  std::size_t word_bytes_ = 0;
  std::size_t dots_ = 0;  ///< in a key, perhaps
  std::optional<TomlError> error_;
};

}  // namespace natto
