#include "table/mapping_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "config/section_reader.hpp"
#include "config/toml/document.hpp"
#include "config/toml/source_text.hpp"
#include "config/values.hpp"
#include "table/bijection.hpp"
#include "table/mapping_entry.hpp"
#include "table/mapping_rules.hpp"
#include "table/policy_checks.hpp"
#include "table/policy_compiler.hpp"
#include "table/policy_file.hpp"
#include "table/policy_text.hpp"
#include "table/reachability.hpp"
#include "table/realm_finder.hpp"

namespace natto {
namespace {

/// The realm that a mapping means.
std::optional<RealmId> realm_of(const SectionReader& section, const RealmFinder& realms,
                                Diagnostics& diagnostics) {
  if (const auto realm = section.text("realm")) {
    return realms.find(realm->position, realm->value);
  }
  if (!realms.complete() || section.has("realm")) {
    return std::nullopt;
  }
  if (realms.names().size() == 1) {
    return RealmId{0};
  }
  diagnostics.add(section.position(),
                  fmt::format("[[mapping]] needs \"realm\" where there are several: {}",
                              fmt::join(realms.names(), ", ")));
  return std::nullopt;
}

MappingTable to_table(const std::vector<MappingEntry>& entries, const std::filesystem::path& file) {
  MappingTable table{.mappings = {}, .file = file};
  table.mappings.reserve(entries.size());
  for (const MappingEntry& entry : entries) {
    table.mappings.push_back({.name = entry.name->value,
                              .realm = *entry.realm,
                              .real = entry.real->value,
                              .mapped = entry.mapped->value,
                              .line = entry.header.line});
  }
  return table;
}

}  // namespace

MappingTable read_mapping_file(const std::filesystem::path& file, const KnownPorts& ports,
                               Diagnostics& diagnostics, const std::function<void()>& checking) {
  Result<std::string> bytes = read_file(file);
  if (!bytes) {
    diagnostics.add(Position{}, bytes.error().message);
    return {};
  }
  return parse_mapping_file(*std::move(bytes), file, ports, diagnostics, checking);
}

MappingTable parse_mapping_file(std::string bytes, const std::filesystem::path& file,
                                const KnownPorts& ports, Diagnostics& diagnostics,
                                const std::function<void()>& checking) {
  const auto root = parse_toml(std::move(bytes), diagnostics);
  if (!root) {
    return {};
  }
  if (checking) {
    checking();
  }
  const FileReader reader(mappings_schema(), *root, diagnostics);
  const auto serial = reader.top().integer("serial");
  const RealmFinder realms(ports, diagnostics);
  std::vector<MappingEntry> entries;
  for (const SectionReader& section : reader.sections("mapping")) {
    entries.push_back({.header = section.position(),
                       .name = section.text("name"),
                       .realm = realm_of(section, realms, diagnostics),
                       .real = section.parsed("real", parse_address_range),
                       .mapped = section.parsed("mapped", parse_address_range)});
    check_mapping(entries.back(), ports, diagnostics);
  }
  check_bijection(entries, diagnostics);
  PolicyEntries policy = read_policy(reader, entries, ports, diagnostics);
  if (!diagnostics.empty() || !ports.complete) {
    return {};
  }
  MappingTable table = to_table(entries, file);
  table.rules = std::move(policy.rules);
  table.compiled = compile_policy(table, ports.ports.size());
  check_policy(table, policy.headers, entries, diagnostics);
  if (std::ranges::all_of(ports.ports,
                          [](const KnownPort& port) { return port.address.has_value(); })) {
    check_reachability(entries, ports, diagnostics);
  }
  table.warnings = diagnostics.render_warnings();
  if (serial) {
    table.serial = static_cast<std::uint64_t>(serial->value);
    table.serial_line = serial->position.line;
  }
  return table;
}

// Names and realms are of characters that need no escape.
std::string mapping_file_text(const MappingTable& table, const Config& config,
                              std::string_view comment) {
  std::string text(comment);
  if (table.serial) {
    fmt::format_to(std::back_inserter(text), "serial = {}\n", *table.serial);
  }
  if (table.mappings.empty()) {
    text += "mapping = []\n";
  }
  for (const Mapping& mapping : table.mappings) {
    fmt::format_to(std::back_inserter(text),
                   "\n[[mapping]]\nname = \"{}\"\nrealm = \"{}\"\nreal = \"{}\"\n"
                   "mapped = \"{}\"\n",
                   mapping.name, config.ports[mapping.realm].realm, to_string(mapping.real),
                   to_string(mapping.mapped));
  }
  return text + policy_file_text(table.rules, config);
}

}  // namespace natto
