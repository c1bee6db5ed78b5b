#include "table/loader.hpp"

#include <string>
#include <utility>

#include "config/config_file.hpp"
#include "config/diagnostics.hpp"
#include "table/mapping_file.hpp"

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

Result<ApplianceFiles> load_appliance(const std::filesystem::path& config_file) {
  Diagnostics config_diagnostics(config_file);
  ConfigFile read = read_config_file(config_file, config_diagnostics);
  std::string errors = config_diagnostics.render();
  MappingTable table;
  if (const auto& table_file = read.config.table_file; !table_file.empty()) {
    Diagnostics table_diagnostics(table_file);
    table = read_mapping_file(table_file, read.ports, table_diagnostics);
    if (!table_diagnostics.empty()) {
      errors += (errors.empty() ? "" : "\n") + table_diagnostics.render();
    }
  }
  if (!errors.empty()) {
    return input_error(std::move(errors));
  }
  return ApplianceFiles{std::move(read.config), std::move(table)};
}

}  // namespace natto
