#include <fmt/format.h>

#include "commands.hpp"
#include "config/loader.hpp"
#include "config/table_digest.hpp"

namespace natto {

Result<std::string> check(const std::filesystem::path& config_file) {
  const Result<Appliance> appliance = load_appliance(config_file);
  if (!appliance) {
    return appliance.error();
  }
  return fmt::format("ok: {} port(s), {} mapping(s) in {}, digest {}\n",
                     appliance->config.ports.size(), appliance->table.mappings.size(),
                     appliance->config.table_file.string(),
                     table_digest(appliance->table, appliance->config));
}

}  // namespace natto
