#include "signature/allowed_signers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/printable.hpp"

namespace natto::ssh {
namespace {

constexpr std::string_view kBlanks = " \t";

/// A few characters of what stands in the file, for a message.
std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  return fmt::format("\"{}{}\"", printable(std::string(text.substr(0, kLongest))),
                     text.size() > kLongest ? "..." : "");
}

/// Blanks in double quotes are part of a word, and so is a quote behind a backslash.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    if (rest[end] == '\\' && end + 1 < rest.size() && rest[end + 1] == '"') {
      ++end;
    } else if (rest[end] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && kBlanks.find(rest[end]) != std::string_view::npos) {
      break;
    }
  }
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

/// What stands in a pair of double quotes; none: there is no such pair.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return std::nullopt;
  }
  std::string plain;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      return std::nullopt;
    }
    if (text.substr(i).starts_with("\\\"")) {
      ++i;
    }
    plain += text[i];
  }
  return plain;
}

/// Of a list with commas. None: an item is empty.
std::optional<std::vector<std::string>> items_of(std::string_view list) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (end == 0) {
      return std::nullopt;
    }
    items.emplace_back(list.substr(0, end));
    if (end == list.size()) {
      return items;
    }
    list.remove_prefix(end + 1);
  }
}

/// YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a Z behind it in UTC.
std::optional<WallTime> parse_time(std::string_view text) {
  const bool is_utc = text.ends_with('Z');
  text.remove_suffix(is_utc ? 1 : 0);
  const bool all_digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!all_digits || (text.size() != 8 && text.size() != 12 && text.size() != 14)) {
    return std::nullopt;
  }
  constexpr std::string_view kMidnight = "000000";
  const std::string digits = std::string(text) + std::string(kMidnight.substr(text.size() - 8));
  const auto part = [&digits](std::size_t at, std::size_t count) {
    return std::string_view(digits).substr(at, count);
  };
  // A year that no clock of natto has is as good as the last that one has.
  constexpr std::string_view kLastYear = "2261";
  const bool is_far = part(0, 4) > kLastYear;
  const std::optional<WallTime> as_utc =
      parse_utc(fmt::format("{}-{}-{}T{}:{}:{}Z", is_far ? kLastYear : part(0, 4), part(4, 2),
                            part(6, 2), part(8, 2), part(10, 2), part(12, 2)));
  if (!as_utc || is_utc) {
    return as_utc;
  }
  const std::time_t seconds = std::chrono::system_clock::to_time_t(*as_utc);
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  fields.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&fields));
}

/// `text` matches `pattern`, in which * stands for any characters and ? for one.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t text_at_star = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      text_at_star = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++text_at_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

class LineReader {
 public:
  explicit LineReader(std::uint32_t line) : line_(line) {}

  Result<AllowedSigner> read(std::string_view rest) {
    const std::string_view first = take_word(rest);
    const auto list = first.starts_with('"') ? unquoted(first) : std::string(first);
    const auto principals = list ? items_of(*list) : std::nullopt;
    if (!principals) {
      return input_error("the principals are wrong; write them as company-a, or as a,b");
    }
    std::string_view type = take_word(rest);
    if (!is_type(type)) {
      if (const Status read = read_options(type); !read) {
        return read.error();
      }
      type = take_word(rest);
    }
    if (type.empty()) {
      return input_error("the key is missing; write PRINCIPAL TYPE KEY, as in id_ed25519.pub");
    }
    if (!PublicKey::knows(type)) {
      return input_error(
          fmt::format("{} is a type of key that natto does not verify; it verifies "
                      "{}",
                      quoted(type), PublicKey::known_types()));
    }
    const auto blob = from_base64(take_word(rest));
    if (!blob) {
      return input_error("the key is not base64; copy the line of the .pub file again");
    }
    Result<PublicKey> key = PublicKey::parse(*blob);
    if (!key) {
      return input_error(fmt::format("the key {}", key.error().message));
    }
    if (key->type() != type) {
      return input_error(
          fmt::format("the line says {}, and the key is of type {}", quoted(type), key->type()));
    }
    return AllowedSigner{.line = line_,
                         .principals = *principals,
                         .namespaces = std::move(namespaces_),
                         .valid_after = valid_after_,
                         .valid_before = valid_before_,
                         .key = *std::move(key)};
  }

 private:
  /// No option looks like one.
  static bool is_type(std::string_view word) {
    return PublicKey::knows(word) || word.starts_with("ssh-") || word.starts_with("sk-") ||
           word.starts_with("ecdsa-");
  }

  Status read_options(std::string_view options) {
    while (!options.empty()) {
      std::size_t end = 0;
      for (bool is_quoted = false; end < options.size() && (is_quoted || options[end] != ',');
           ++end) {
        is_quoted = is_quoted != (options[end] == '"' && (end == 0 || options[end - 1] != '\\'));
      }
      if (const Status read = read_option(options.substr(0, end)); !read) {
        return read;
      }
      if (end + 1 == options.size()) {
        return input_error("a comma stands behind the last option");
      }
      options.remove_prefix(std::min(end + 1, options.size()));
    }
    return Done{};
  }

  Status read_option(std::string_view option) {
    const std::size_t equals = std::min(option.find('='), option.size());
    std::string name(option.substr(0, equals));
    std::ranges::transform(name, name.begin(), to_lower);
    if (name == "cert-authority") {
      return input_error(
          "cert-authority is not for tables: natto verifies no certificates; write a line for each "
          "key that signs");
    }
    if (name != "namespaces" && name != "valid-after" && name != "valid-before") {
      return input_error(
          fmt::format("{} is neither a type of key nor an option; options are namespaces=\"…\", "
                      "valid-after=\"…\" and valid-before=\"…\"",
                      quoted(option)));
    }
    const auto value = equals < option.size() ? unquoted(option.substr(equals + 1)) : std::nullopt;
    if (!value) {
      return input_error(fmt::format("{0} needs a value in double quotes: {0}=\"{1}\"", name,
                                     name == "namespaces" ? "natto-table" : "20300131"));
    }
    if (name == "namespaces") {
      const auto names = items_of(*value);
      if (!names || !namespaces_.empty()) {
        return input_error(
            "namespaces is there twice or has an empty name; write "
            "namespaces=\"natto-table\"");
      }
      namespaces_ = *names;
      return Done{};
    }
    std::optional<WallTime>& time = name == "valid-after" ? valid_after_ : valid_before_;
    const std::optional<WallTime> parsed = parse_time(*value);
    if (!parsed || time) {
      return input_error(
          fmt::format("{} is there twice or is no time; write YYYYMMDD or YYYYMMDDHHMMSS, with Z "
                      "for UTC",
                      name));
    }
    time = parsed;
    return Done{};
  }

  std::uint32_t line_;
  std::vector<std::string> namespaces_;
  std::optional<WallTime> valid_after_;
  std::optional<WallTime> valid_before_;
};

bool is_pattern(std::string_view principal) {
  return principal.find_first_of("*?") != std::string_view::npos || principal.starts_with('!');
}

}  // namespace

Result<std::vector<AllowedSigner>> parse_allowed_signers(std::string_view text,
                                                         const std::filesystem::path& file) {
  std::vector<AllowedSigner> signers;
  std::string errors;
  std::uint32_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos || line[begin] == '#') {
      continue;
    }
    Result<AllowedSigner> signer = LineReader(number).read(line);
    if (signer) {
      signers.push_back(*std::move(signer));
      continue;
    }
    fmt::format_to(std::back_inserter(errors), "{}{}:{}: {}", errors.empty() ? "" : "\n",
                   file.string(), number, signer.error().message);
    constexpr std::size_t kMostErrorBytes = 16'384;
    if (errors.size() > kMostErrorBytes) {
      errors += fmt::format("\n{}: too many errors; what follows was not read", file.string());
      break;
    }
  }
  if (!errors.empty()) {
    return input_error(std::move(errors));
  }
  return signers;
}

bool matches(const std::vector<std::string>& patterns, std::string_view name) {
  bool found = false;
  for (const std::string& pattern : patterns) {
    const bool forbids = pattern.starts_with('!');
    if (fits(std::string_view(pattern).substr(forbids ? 1 : 0), name)) {
      if (forbids) {
        return false;
      }
      found = true;
    }
  }
  return found;
}

std::vector<std::string> named_principals(const std::vector<AllowedSigner>& signers) {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const AllowedSigner& signer : signers) {
    for (const std::string& principal : signer.principals) {
      if (!is_pattern(principal) && seen.insert(principal).second) {
        names.push_back(principal);
      }
    }
  }
  return names;
}

}  // namespace natto::ssh
