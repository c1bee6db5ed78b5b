#include <fmt/format.h>

#include "commands.hpp"
#include "table/loader.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

Result<std::string> check(const std::filesystem::path& config_file) {
  const Result<ApplianceFiles> appliance = load_appliance(config_file);
  if (!appliance) {
    return appliance.error();
  }
  return fmt::format("ok: {} port(s), {} mapping(s) in {}, digest {}\n",
                     appliance->config.ports.size(), appliance->table.mappings.size(),
                     appliance->config.table_file.string(),
                     table_digest(appliance->table, appliance->config));
}

}  // namespace

void add_check(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("check", "Check natto.toml and the mapping table that it names");
  command->footer(
      "Every error in both files is printed as file:line:column: what is wrong.\n"
      "Example: natto check -c conf/natto.toml");
  const auto file = std::make_shared<std::filesystem::path>();
  add_config_option(*command, *file)->required();
  command->callback([file, &chosen] { chosen = [file] { return check(*file); }; });
}

}  // namespace natto
