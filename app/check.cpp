#include <fmt/format.h>

#include "commands.hpp"
#include "config/loader.hpp"

namespace natto {

Result<std::string> check(const std::filesystem::path& config_file) {
  const Result<Appliance> appliance = load_appliance(config_file);
  if (!appliance) {
    return appliance.error();
  }
  return fmt::format("ok: {} port(s), {} mapping(s) in {}\n", appliance->config.ports.size(),
                     appliance->table.mappings.size(), appliance->config.table_file.string());
}

}  // namespace natto
