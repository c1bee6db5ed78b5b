#include "table/table_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "table/policy_text.hpp"

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

std::string describe(const Mapping& mapping, const Config& config) {
  return fmt::format("{} {} <-> {}", config.ports[mapping.realm].realm, to_string(mapping.real),
                     to_string(mapping.mapped));
}

/// By "allow name", "limit name" or "policy": what it says.
std::map<std::string, std::string> policy_texts(const PolicyRules& rules, const Config& config) {
  std::map<std::string, std::string> texts;
  for (PolicyPart& part : policy_parts(rules, config)) {
    std::string name(part.kind);
    if (!part.name.empty()) {
      name += ' ' + part.name;
    }
    texts.emplace(std::move(name), std::move(part.text));
  }
  return texts;
}

std::vector<std::string> diff_policies(const PolicyRules& before, const PolicyRules& after,
                                       const Config& config) {
  const auto old_parts = policy_texts(before, config);
  const auto new_parts = policy_texts(after, config);
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
  for (const auto& [name, text] : new_parts) {
    const auto old = old_parts.find(name);
    if (old == old_parts.end()) {
      added.push_back(fmt::format("+ {}: {}", name, text));
    } else if (old->second != text) {
      changed.push_back(fmt::format("~ {}: {} => {}", name, old->second, text));
    }
  }
  for (const auto& [name, text] : old_parts) {
    if (!new_parts.contains(name)) {
      removed.push_back(fmt::format("- {}: {}", name, text));
    }
  }
  added.insert(added.end(), removed.begin(), removed.end());
  added.insert(added.end(), changed.begin(), changed.end());
  return added;
}

}  // namespace

TableDiff diff_tables(const MappingTable& before, const MappingTable& after, const Config& config) {
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
  diff.policy = diff_policies(before.rules, after.rules, config);
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
  for (const std::string& line : diff.policy) {
    add("{}\n", line);
  }
  return text;
}

}  // namespace natto
