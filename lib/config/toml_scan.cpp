#include "config/toml_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "config/utf8.hpp"

namespace natto {
namespace {

/// What may not be anywhere in the text: bytes that are not UTF-8, control characters (TOML 1.0,
/// "Spec"), and lines that are too long.
std::optional<TomlMistake> check_characters(std::string_view text) {
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool line_break = byte == '\n' || (byte == '\r' && text.substr(at, 2) == "\r\n");
    if ((byte < 0x20 && byte != '\t' && !line_break) || byte == 0x7f) {
      return TomlMistake{at, fmt::format("control character 0x{:02x}; remove it", byte)};
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) {
      return TomlMistake{at,
                         fmt::format("byte 0x{:02x} is not UTF-8; save the file as UTF-8", byte)};
    }
    at += length;
    if (byte == '\n') {
      line_start = at;
    } else if (at - line_start > kMaxLineBytes) {
      return TomlMistake{at - length, fmt::format("the line is longer than {} bytes; break it, "
                                                  "with one [[section]] per entry",
                                                  kMaxLineBytes)};
    }
  }
  return std::nullopt;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { out_.text = text; }

  std::variant<ScannedToml, TomlMistake> run() {
    while (at_ < text_.size() && !mistake_) {
      step();
    }
    if (mistake_) {
      return *std::move(mistake_);
    }
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    switch (c) {
      case '#':
        blank_comment();
        return;
      case '"':
      case '\'':
        begin_word();
        skip_string(c);
        return;
      case '[':
      case '{':
        if (++depth_ > kMaxNesting) {
          fail(at_, fmt::format("brackets are nested more than {} deep", kMaxNesting));
        }
        separate();
        break;
      case ']':
      case '}':
        depth_ -= std::min<std::size_t>(depth_, 1);
        separate();
        break;
      case '=':
        out_.keys.push_back({statement_.value_or(at_), at_});
        separate();
        break;
      case ',':
      case '\n':
        separate();
        break;
      case ' ':
      case '\t':
      case '\r':
        word_bytes_ = 0;
        break;
      default:
        begin_word();
        count_word(c);
    }
    ++at_;
  }

  void separate() {
    statement_.reset();
    word_bytes_ = 0;
    dots_ = 0;
  }

  void begin_word() {
    if (!statement_) {
      statement_ = at_;
    }
  }

  void count_word(char c) {
    if (c == '.' && ++dots_ >= kMaxNesting) {
      fail(at_, fmt::format("a dotted key of more than {} parts", kMaxNesting));
    }
    if (++word_bytes_ > kMaxWordBytes) {
      fail(at_, fmt::format("a number, date or key of more than {} characters", kMaxWordBytes));
    }
  }

  void blank_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') {
      out_.text[at_++] = ' ';
    }
  }

  void skip_string(char quote) {
    const std::size_t start = at_;
    const bool multi_line = rest().starts_with(std::string(3, quote));
    const std::string delimiter(multi_line ? 3 : 1, quote);
    at_ += delimiter.size();
    while (!rest().starts_with(delimiter)) {
      if (rest().empty() || (!multi_line && rest().front() == '\n')) {
        return fail(start, fmt::format("the string is not closed; put {} at its end", delimiter));
      }
      if (at_ - start > kMaxLineBytes) {
        return fail(start, fmt::format("a string of more than {} bytes", kMaxLineBytes));
      }
      if (quote == '"' && rest().front() == '\\') {
        skip_escape(multi_line);
        if (mistake_) {
          return;
        }
      } else {
        ++at_;
      }
    }
    at_ += delimiter.size();
    // Up to two quotes before the closing three belong to the string.
    for (int extra = 0; multi_line && extra < 2 && rest().starts_with(quote); ++extra) {
      ++at_;
    }
  }

  void skip_escape(bool multi_line) {
    const std::size_t start = at_++;
    const std::string_view escaped = rest().substr(0, 1);
    if (escaped == "u" || escaped == "U") {
      ++at_;
      return skip_unicode(start, escaped == "u" ? 4 : 8);
    }
    if (escaped.find_first_of("btnfr\"\\") == 0) {
      ++at_;
      return;
    }
    const std::size_t line_end = text_.find_first_not_of(" \t\r", at_);
    if (multi_line && line_end != std::string_view::npos && text_[line_end] == '\n') {
      at_ = line_end;  // a line that ends in a backslash goes on in the next
      return;
    }
    fail(start, "unknown escape in a string; write a backslash as \\\\, or the text in '...'");
  }

  void skip_unicode(std::size_t start, std::size_t digits) {
    const std::string_view hex = rest().substr(0, digits);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    const bool all_digits = hex.size() == digits && end == hex.data() + digits;
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (error != std::errc{} || !all_digits || surrogate || code > 0x10ffff) {
      return fail(start, fmt::format("\\{} needs the {} hexadecimal digits of a Unicode character",
                                     digits == 4 ? 'u' : 'U', digits));
    }
    at_ += digits;
  }

  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  void fail(std::size_t offset, std::string message) {
    mistake_ = TomlMistake{offset, std::move(message)};
  }

  std::string_view text_;
  ScannedToml out_;
  std::optional<TomlMistake> mistake_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;                 ///< open brackets
  std::optional<std::size_t> statement_;  ///< where the first word since the last separator began
  std::size_t word_bytes_ = 0;
  std::size_t dots_ = 0;  ///< since the last separator
};

}  // namespace

std::variant<ScannedToml, TomlMistake> scan_toml(std::string_view text) {
  if (auto mistake = check_characters(text)) {
    return *std::move(mistake);
  }
  return Scanner(text).run();
}

}  // namespace natto
