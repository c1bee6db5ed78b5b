#include "table/serial.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace natto {

std::string serial_objection(const MappingTable& table, const std::string& digest,
                             const std::vector<KnownTable>& known) {
  const auto newest = std::ranges::max_element(known, {}, &KnownTable::serial);
  const std::uint64_t serial = table.serial.value_or(0);
  if (newest == known.end() || newest->serial == 0 || serial > newest->serial ||
      std::ranges::find(known, KnownTable{.serial = serial, .digest = digest}) != known.end()) {
    return "";
  }
  return fmt::format(
      "{}:{}:1: {}, and a table with serial {} and digest {} has been in force already; agree on "
      "the table with serial = {}",
      table.file.string(), table.serial_line,
      table.serial ? fmt::format("serial is {}", serial) : "there is no serial", newest->serial,
      newest->digest.substr(0, 12), newest->serial + 1);
}

}  // namespace natto
