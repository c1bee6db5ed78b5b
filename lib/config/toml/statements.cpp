#include "config/toml/statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/toml/utf8.hpp"

namespace natto {

// Bytes that are not UTF-8, control characters (TOML 1.0, "Spec"), and lines that are too long.
std::optional<TomlError> check_characters(std::string_view text) {
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool line_break = byte == '\n' || (byte == '\r' && text.substr(at, 2) == "\r\n");
    if ((byte < 0x20 && byte != '\t' && !line_break) || byte == 0x7f) {
      return TomlError{at, fmt::format("control character 0x{:02x}; remove it", byte)};
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) {
      return TomlError{at, fmt::format("byte 0x{:02x} is not UTF-8; save the file as UTF-8", byte)};
    }
    at += length;
    if (byte == '\n') {
      line_start = at;
    } else if (at - line_start > kMaxLineBytes) {
      return TomlError{at - length, fmt::format("the line is longer than {} bytes; break it, "
                                                "with one [[section]] per entry",
                                                kMaxLineBytes)};
    }
  }
  return std::nullopt;
}

std::optional<std::variant<Statement, TomlError>> StatementReader::next() {
  while (at_any(" \t\r\n#")) {
    text_[at_] == '#' ? skip_comment() : static_cast<void>(++at_);
  }
  if (at_ == text_.size()) {
    return std::nullopt;
  }
  error_.reset();
  end_word();
  Statement statement{.kind = Statement::Kind::kKeyValue, .begin = at_, .key = {}, .value = {}};
  text_[at_] == '[' ? skip_header(statement) : skip_key_value(statement);
  if (error_) {
    at_ = std::min(text_.find('\n', at_), text_.size());
    return *std::move(error_);
  }
  return statement;
}

void StatementReader::skip_header(Statement& statement) {
  const bool is_list = rest().starts_with("[[");
  const std::string_view closing = is_list ? "]]" : "]";
  at_ += closing.size();
  statement.kind = is_list ? Statement::Kind::kListSection : Statement::Kind::kSection;
  statement.key = skip_key();
  if (!error_ && (statement.key.begin == statement.key.end || !rest().starts_with(closing))) {
    return fail(statement.begin, "expected a key, a [section] or a [[section]]");
  }
  at_ = std::min(at_ + closing.size(), text_.size());
  skip_blanks();
  if (at_ < text_.size() && !at_any("\n#")) {
    fail(at_, "unexpected text after the section's header");
  }
}

void StatementReader::skip_key_value(Statement& statement) {
  statement.key = skip_key();
  if (error_) {
    return;
  }
  const std::string_view key = (*this)[statement.key];
  if (!at_any("=")) {
    const std::size_t word = std::min(key.find_first_of(" \t"), key.size());
    return fail(statement.begin + word, "expected \"=\" after the key");
  }
  if (key.empty()) {
    return fail(at_, "expected a key before \"=\"");
  }
  ++at_;
  skip_blanks();
  if (at_ == text_.size() || at_any("\n#")) {
    return fail(at_, "expected a value after \"=\"");
  }
  statement.value.begin = at_;
  skip_value();
  const std::size_t last = text_.find_last_not_of(" \t\r", at_ - 1);
  statement.value.end = last + 1;
}

Slice StatementReader::skip_key() {
  skip_blanks();
  const std::size_t begin = at_;
  std::size_t end = at_;
  while (at_ < text_.size() && !at_any("=[]{},#\n") && !error_) {
    if (at_any("\"'")) {
      skip_string();
      end = at_;
    } else {
      count_word();
      end = at_any(" \t\r") ? end : at_ + 1;
      ++at_;
    }
  }
  end_word();
  return {begin, end};
}

void StatementReader::skip_value() {
  const std::size_t begin = at_;
  std::size_t depth = 0;
  end_word();
  while (at_ < text_.size() && !error_) {
    if (depth == 0 && at_any("\n#")) {
      return;
    }
    if (at_any("\"'")) {
      skip_string();
      continue;
    }
    if (at_any("#")) {
      skip_comment();
      continue;
    }
    if (at_any("[{") && ++depth > kMaxNesting) {
      return fail(at_, fmt::format("brackets are nested more than {} deep", kMaxNesting));
    }
    if (at_any("]}") && depth > 0) {
      --depth;
    }
    at_any("[]{}=,\n") ? end_word() : count_word();
    ++at_;
  }
  if (!error_ && depth > 0) {
    fail(begin, fmt::format("{} is not closed", text_[begin]));
  }
}

void StatementReader::skip_string() {
  const std::size_t begin = at_;
  const char quote = text_[at_];
  const bool multi_line = rest().starts_with(std::string(3, quote));
  const std::string delimiter(multi_line ? 3 : 1, quote);
  at_ += delimiter.size();
  while (!rest().starts_with(delimiter)) {
    if (at_ == text_.size() || (!multi_line && at_any("\n"))) {
      return fail(begin, fmt::format("the string is not closed; put {} at its end", delimiter));
    }
    const bool escapes = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
                         (multi_line || text_[at_ + 1] != '\n');
    at_ += escapes ? 2 : 1;
  }
  at_ += delimiter.size();
  // Up to two quotes before the closing three belong to the string.
  for (int extra = 0; multi_line && extra < 2 && rest().starts_with(quote); ++extra) {
    ++at_;
  }
  end_word();
}

void StatementReader::skip_comment() {
  while (at_ < text_.size() && text_[at_] != '\n') {
    text_[at_++] = ' ';
  }
}

void StatementReader::skip_blanks() {
  while (at_any(" \t\r")) {
    ++at_;
  }
}

void StatementReader::count_word() {
  if (at_any(" \t\r")) {
    word_bytes_ = 0;
  } else if (text_[at_] == '.' && ++dots_ >= kMaxNesting) {
    fail(at_, fmt::format("a dotted key of more than {} parts", kMaxNesting));
  } else if (++word_bytes_ > kMaxWordBytes) {
    fail(at_, fmt::format("a number, date or key of more than {} characters", kMaxWordBytes));
  }
}

void StatementReader::end_word() {
  word_bytes_ = 0;
  dots_ = 0;
}

void StatementReader::fail(std::size_t offset, std::string message) {
  if (!error_) {
    error_ = TomlError{offset, std::move(message)};
  }
}

}  // namespace natto
