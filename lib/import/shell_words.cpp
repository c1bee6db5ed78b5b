#include "import/shell_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace natto::old_rules {
namespace {

constexpr std::size_t kLongestWord = 4096;

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

class ShellReader {
 public:
  explicit ShellReader(std::string_view text) : text_(text) {}

  std::vector<ShellLine> read() {
    while (at_ < text_.size()) {
      read_character();
    }
    end_line();
    return std::move(lines_);
  }

 private:
  void read_character() {
    const char c = text_[at_];
    const bool between_words = !in_word_;
    if (c == '\\' && next() == '\n') {
      ++number_;
      at_ += 2;
      put(' ', false);
      return;
    }
    if (quote_ == '\'') {
      quoted(c, '\'');
    } else if (quote_ == '"') {
      if (c == '\\' && (next() == '"' || next() == '\\' || next() == '$')) {
        put(next(), true);
        at_ += 2;
      } else if (c == '$' || c == '`') {
        substitute();
      } else {
        quoted(c, '"');
      }
    } else if (c == '\n' || c == ';' || c == '&' || c == '|') {
      ++at_;
      end_line();
      number_ += c == '\n' ? 1U : 0U;
    } else if (c == '#' && between_words) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\'' || c == '"') {
      quote_ = c;
      in_word_ = true;
      text_of_line_ += c;
      ++at_;
    } else if (c == '$' || c == '`') {
      substitute();
    } else if (c == '\\' && at_ + 1 < text_.size()) {
      put(next(), true);
      at_ += 2;
    } else {
      put(c, c != ' ' && c != '\t' && c != '\r');
      ++at_;
    }
  }

  [[nodiscard]] char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }

  void quoted(char c, char end) {
    text_of_line_ += c == '\n' ? ' ' : c;
    number_ += c == '\n' ? 1U : 0U;
    if (c == end) {
      quote_ = '\0';
    } else {
      word_ += c;
    }
    ++at_;
  }

  void put(char c, bool in_word) {
    begin_line();
    text_of_line_ += c == '\t' ? ' ' : c;
    if (in_word) {
      in_word_ = true;
      if (word_.size() < kLongestWord) {
        word_ += c;
      }
    } else {
      end_word();
    }
  }

  void begin_line() {
    if (line_.number == 0) {
      line_.number = number_;
    }
  }

  /// `$NAME`, `${NAME}`; all else has no known value.
  void substitute() {
    begin_line();
    const std::size_t begin = at_;
    std::string value;
    bool known = false;
    if (text_[at_] == '$') {
      ++at_;
      const bool braces = at_ < text_.size() && text_[at_] == '{';
      at_ += braces ? 1U : 0U;
      std::string name;
      while (at_ < text_.size() && is_name_character(text_[at_])) {
        name += text_[at_++];
      }
      if (braces && at_ < text_.size() && text_[at_] == '}') {
        ++at_;
      } else if (braces) {
        name.clear();
      }
      if (const auto variable = variables_.find(name); variable != variables_.end()) {
        known = true;
        value = variable->second;
      }
    } else {
      ++at_;
    }
    const std::string_view source = text_.substr(begin, at_ - begin);
    text_of_line_ += source;
    in_word_ = true;
    if (!known) {
      line_.unresolved = line_.unresolved.empty() ? std::string(source) : line_.unresolved;
      word_ += source;
      return;
    }
    for (const char c : value) {
      const bool splits = quote_ == '\0' && (c == ' ' || c == '\t');
      if (splits) {
        end_word();
      } else if (word_.size() < kLongestWord) {
        in_word_ = true;
        word_ += c;
      }
    }
  }

  void end_word() {
    if (in_word_) {
      line_.words.push_back(std::move(word_));
    }
    word_.clear();
    in_word_ = false;
  }

  void end_line() {
    end_word();
    const std::size_t first = text_of_line_.find_first_not_of(' ');
    const std::size_t last = text_of_line_.find_last_not_of(" \r");
    if (!line_.words.empty() && first != std::string::npos) {
      line_.text = text_of_line_.substr(first, last - first + 1);
      take_line();
    }
    text_of_line_.clear();
    line_ = {};
    quote_ = '\0';
  }

  void take_line() {
    constexpr std::array<std::string_view, 5> kBegins = {"if", "for", "while", "until", "case"};
    constexpr std::array<std::string_view, 3> kEnds = {"fi", "done", "esac"};
    constexpr std::array<std::string_view, 4> kBesides = {"then", "do", "else", "{"};
    std::vector<std::string>& words = line_.words;
    while (!words.empty() && is_one_of(words.front(), kBesides)) {
      words.erase(words.begin());
    }
    if (words.empty()) {
      return;
    }
    if (is_one_of(words.front(), kEnds)) {
      depth_ -= depth_ > 0 ? 1U : 0U;
      return;
    }
    if (is_one_of(words.front(), kBegins)) {
      ++depth_;
      return;
    }
    line_.conditional = depth_ > 0;
    if (words.front() == "export" || words.front() == "readonly" || words.front() == "local") {
      words.erase(words.begin());
    }
    if (!words.empty() && !assign(words.front())) {
      lines_.push_back(std::move(line_));
    }
  }

  /// Whether the word is `NAME=value`. A value that is not known for sure is none.
  bool assign(const std::string& word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0 ||
        !std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     is_name_character)) {
      return false;
    }
    const std::string name = word.substr(0, equals);
    if (!line_.unresolved.empty() || line_.conditional || line_.words.size() > 1) {
      variables_.erase(name);
    } else {
      variables_[name] = word.substr(equals + 1);
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t number_ = 1;
  char quote_ = '\0';
  bool in_word_ = false;
  std::string word_;
  std::string text_of_line_;
  ShellLine line_;
  unsigned depth_ = 0;
  std::map<std::string, std::string, std::less<>> variables_;
  std::vector<ShellLine> lines_;
};

}  // namespace

std::vector<ShellLine> shell_lines(std::string_view text) { return ShellReader(text).read(); }

}  // namespace natto::old_rules
