#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "import/parsers.hpp"
#include "import/words.hpp"

namespace natto::old_rules {
namespace {

constexpr std::string_view kSeparators = ",;\t";

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \r\"");
  return first == std::string_view::npos
             ? ""
             : std::string(text.substr(first, text.find_last_not_of(" \r\"") - first + 1));
}

std::vector<std::string> cells_of(std::string_view line, char separator) {
  std::vector<std::string> cells;
  for (const std::string_view cell : split(line, separator)) {
    cells.push_back(trimmed(cell));
  }
  return cells;
}

struct Columns {
  std::optional<std::size_t> real, mapped, name, interface;
};

Columns columns_of(const std::vector<std::string>& header) {
  Columns columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::string name = header[i];
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name == "real") {
      columns.real = i;
    } else if (name == "mapped") {
      columns.mapped = i;
    } else if (name == "name") {
      columns.name = i;
    } else if (name == "realm" || name == "interface") {
      columns.interface = i;
    }
  }
  return columns;
}

}  // namespace

Result<Ruleset> read_csv(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);
  }
  Ruleset rules{.dialect = Dialect::kCsv};
  std::optional<Columns> columns;
  char separator = ',';
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string trimmed_line = trimmed(line);
    if (trimmed_line.empty() || trimmed_line.front() == '#') {
      continue;
    }
    if (!columns) {
      const std::size_t at = line.find_first_of(kSeparators);
      separator = at == std::string_view::npos ? ',' : line[at];
      columns = columns_of(cells_of(line, separator));
      if (!columns->real || !columns->mapped) {
        return input_error(
            "the first line must name the columns: real and mapped, and if they are there name and "
            "realm");
      }
      continue;
    }
    const std::vector<std::string> cells = cells_of(line, separator);
    const auto cell = [&](std::optional<std::size_t> at) {
      return at && *at < cells.size() ? cells[*at] : std::string();
    };
    const std::string place = fmt::format("line {}", number);
    const auto real = network_of(cell(columns->real));
    const auto mapped = network_of(cell(columns->mapped));
    if (!real || !mapped || real->length != mapped->length) {
      rules.not_carried.push_back(
          {place, fmt::format("{}: {}", trimmed_line,
                              real && mapped ? "real and mapped are not of equal length"
                                             : "real or mapped is no IPv4 address or network")});
      continue;
    }
    rules.mappings.push_back({.place = place,
                              .name = cell(columns->name),
                              .interface = cell(columns->interface),
                              .real = *real,
                              .mapped = *mapped});
    if (rules.mappings.size() > kMostRules) {
      return input_error(fmt::format("there are more than {} lines", kMostRules));
    }
  }
  if (rules.mappings.empty() && rules.not_carried.empty()) {
    return input_error("there is no line with a real and a mapped address");
  }
  return rules;
}

}  // namespace natto::old_rules
