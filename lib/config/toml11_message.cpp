#include "config/toml11_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "config/diagnostics.hpp"

namespace natto {
namespace {

/// One place of the drawing, with what is said about it.
struct Place {
  std::size_t line;
  std::size_t bytes_before;
  std::string_view comment;
};

/// What the user should read where toml11 says this.
struct Wording {
  std::string_view toml11;
  std::string_view ours;
  MistakeAt at = MistakeAt::kPlace;
};

constexpr std::array kWordings = {
    Wording{"missing key-value separator", "expected \"=\" after the key"},
    Wording{"invalid format for key", "expected \"=\" after the key"},
    Wording{"missing value after", "expected a value after \"=\""},
    Wording{"empty key", "expected a key before \"=\""},
    Wording{"an invalid key appeared", "expected a key, a [section] or a [[section]]"},
    Wording{"newline required after", "unexpected text after the section's header"},
    Wording{"invalid line format", "not a TOML value; text needs quotes, each key its own line",
            MistakeAt::kWord},
    Wording{"value having invalid format", "expected a value or \"]\"; text needs quotes"},
    Wording{"missing array separator", "expected \",\" or \"]\" in the array"},
    Wording{"missing table separator", "expected \",\" or \"}\" in the inline table"},
    Wording{"missing curly brace", "expected \"}\" on the line where the inline table begins"},
    Wording{"trailing comma", "an inline table does not end in a comma"},
    Wording{"does not conform RFC3339", "no such date or time (RFC 3339)", MistakeAt::kWord},
    Wording{"leading zero", "a number has no leading zeros; text needs quotes", MistakeAt::kWord},
    Wording{"bad ", "not a TOML value; text needs quotes", MistakeAt::kWord},
    Wording{"the next token is not", "not a TOML value; text needs quotes", MistakeAt::kWord},
};

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// A place of the drawing: the line " 12 | text" and the line with the mark below it.
std::optional<Place> read_place(std::string_view drawn, std::string_view mark) {
  constexpr std::string_view kBar = " | ";
  const std::size_t bar = drawn.find(kBar);
  const std::size_t number = drawn.find_first_not_of(' ');
  if (bar == std::string_view::npos || number >= bar) {
    return std::nullopt;
  }
  std::size_t line = 0;
  const auto [end, error] = std::from_chars(drawn.data() + number, drawn.data() + bar, line);
  if (error != std::errc{} || end != drawn.data() + bar) {
    return std::nullopt;
  }
  const std::size_t text = bar + kBar.size();
  const std::size_t column = std::min(mark.find_first_not_of(' ', text), mark.size());
  return Place{line, column > text ? column - text : 0, mark.substr(column)};
}

std::vector<Place> read_places(const std::vector<std::string_view>& lines) {
  std::vector<Place> places;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    if (const auto place = read_place(lines[i], lines[i + 1])) {
      places.push_back(*place);
    }
  }
  return places;
}

/// The wording for what toml11 says; null if there is none.
const Wording* find_wording(std::string_view title, std::string_view comment) {
  const auto found = std::ranges::find_if(kWordings, [&](const Wording& wording) {
    return title.find(wording.toml11) != std::string_view::npos ||
           comment.find(wording.toml11) != std::string_view::npos;
  });
  return found == kWordings.end() ? nullptr : &*found;
}

}  // namespace

Toml11Message read_toml11_message(std::string_view what) {
  const auto lines = split_lines(what);
  const auto places = read_places(lines);
  const std::string_view title = lines.empty() ? what : lines.front();
  const Place place = places.empty() ? Place{1, 0, ""} : places.back();

  if (places.size() > 1 && title.find("toml::insert_value") != std::string_view::npos) {
    return {fmt::format("defined already on line {}; keep one", places.front().line), place.line,
            place.bytes_before, MistakeAt::kKey};
  }
  if (const Wording* wording = find_wording(title, place.comment)) {
    return {std::string(wording->ours), place.line, place.bytes_before, wording->at};
  }
  return {fmt::format("TOML syntax: {}", in_quotes(title)), place.line, place.bytes_before,
          MistakeAt::kPlace};
}

}  // namespace natto
