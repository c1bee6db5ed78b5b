#include "table/table_diff.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <unordered_map>

namespace natto {
namespace {

std::unordered_map<std::string_view, const Mapping*> by_name(const MappingTable& table) {
  std::unordered_map<std::string_view, const Mapping*> found;
  found.reserve(table.mappings.size());
  for (const Mapping& mapping : table.mappings) {
    found.emplace(mapping.name, &mapping);
  }
  return found;
}

bool translates_alike(const Mapping& a, const Mapping& b) {
  return a.realm == b.realm && a.real == b.real && a.mapped == b.mapped;
}

std::string describe(const Mapping& mapping, const Config& config) {
  return fmt::format("{} {} <-> {}", config.ports[mapping.realm].realm, to_string(mapping.real),
                     to_string(mapping.mapped));
}

}  // namespace

TableDiff diff_tables(const MappingTable& before, const MappingTable& after) {
  const auto old_mappings = by_name(before);
  const auto new_mappings = by_name(after);
  TableDiff diff;
  for (const Mapping& mapping : after.mappings) {
    const auto old = old_mappings.find(mapping.name);
    if (old == old_mappings.end()) {
      diff.added.push_back(&mapping);
    } else if (!translates_alike(*old->second, mapping)) {
      diff.changed.push_back({old->second, &mapping});
    }
  }
  for (const Mapping& mapping : before.mappings) {
    if (!new_mappings.contains(mapping.name)) {
      diff.removed.push_back(&mapping);
    }
  }
  return diff;
}

std::string to_string(const TableDiff& diff, const Config& config) {
  std::string text;
  const auto add = [&text](auto format, const auto&... values) {
    fmt::format_to(std::back_inserter(text), fmt::runtime(format), values...);
  };
  for (const Mapping* mapping : diff.added) {
    add("+ {}: {}\n", mapping->name, describe(*mapping, config));
  }
  for (const Mapping* mapping : diff.removed) {
    add("- {}: {}\n", mapping->name, describe(*mapping, config));
  }
  for (const auto& [before, after] : diff.changed) {
    add("~ {}: {} -> {}\n", after->name, describe(*before, config), describe(*after, config));
  }
  return text;
}

}  // namespace natto
