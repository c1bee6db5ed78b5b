#include "table/loader.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "config/config_file.hpp"
#include "config/diagnostics.hpp"
#include "config/toml/source_text.hpp"
#include "table/mapping_file.hpp"
#include "table/table_signatures.hpp"

namespace natto {
namespace {

KnownPorts known_ports(const Config& config) {
  KnownPorts known;
  for (const PortConfig& port : config.ports) {
    known.ports.push_back({.realm = port.realm,
                           .address = port.address,
                           .gateway = port.gateway,
                           .leads_on = port.gateway || port.gateway_mac});
  }
  return known;
}

void add_lines(std::string& lines, const std::string& more) {
  lines += (lines.empty() || more.empty() ? "" : "\n") + more;
}

/// The table of `config`, whose realms are `ports`; what is wrong with it, or with its signatures,
/// is added to `errors`.
MappingTable read_table(const Config& config, const KnownPorts& ports, Signatures signatures,
                        std::string& errors, const std::function<void()>& checking = {}) {
  const std::filesystem::path& file = config.table_file;
  Diagnostics diagnostics(file);
  Result<std::string> bytes = read_file(file);
  if (!bytes) {
    diagnostics.add(Position{}, bytes.error().message);
    add_lines(errors, diagnostics.render());
    return {};
  }
  TableSignatures found;
  if (signatures == Signatures::kAsConfigured) {
    found = check_signatures(*bytes, config, std::chrono::system_clock::now());
  }
  MappingTable table = parse_mapping_file(*std::move(bytes), file, ports, diagnostics, checking);
  if (signatures == Signatures::kAsConfigured && diagnostics.empty() && ports.complete &&
      !config.table.require.empty() && !table.serial) {
    diagnostics.add(Position{},
                    "a table that has to be signed needs a number; write serial = 1 above the "
                    "first section, one more than in the last table that was agreed on");
  }
  add_lines(errors, diagnostics.render());
  add_lines(errors, found.errors);
  table.signatures = std::move(found.good);
  table.warnings.insert(table.warnings.end(), found.warnings.begin(), found.warnings.end());
  return table;
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& file) {
  Diagnostics diagnostics(file);
  ConfigFile read = read_config_file(file, diagnostics);
  if (!diagnostics.empty()) {
    return input_error(diagnostics.render());
  }
  return std::move(read.config);
}

Result<MappingTable> load_mappings(const std::filesystem::path& file, const Config& config,
                                   const std::function<void()>& checking) {
  Diagnostics diagnostics(file);
  MappingTable table = read_mapping_file(file, known_ports(config), diagnostics, checking);
  if (!diagnostics.empty()) {
    return input_error(diagnostics.render());
  }
  return table;
}

Result<MappingTable> load_table(const Config& config, const std::function<void()>& checking) {
  std::string errors;
  MappingTable table =
      read_table(config, known_ports(config), Signatures::kAsConfigured, errors, checking);
  if (!errors.empty()) {
    return input_error(std::move(errors));
  }
  return table;
}

Result<ApplianceFiles> load_appliance(const std::filesystem::path& config_file,
                                      Signatures signatures) {
  Diagnostics config_diagnostics(config_file);
  ConfigFile read = read_config_file(config_file, config_diagnostics);
  std::string errors = config_diagnostics.render();
  MappingTable table;
  if (!read.config.table_file.empty()) {
    table = read_table(read.config, read.ports, signatures, errors);
  }
  if (!errors.empty()) {
    return input_error(std::move(errors));
  }
  return ApplianceFiles{std::move(read.config), std::move(table)};
}

}  // namespace natto
