#include "table/starting_table.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "table/loader.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

/// Where the file is right.
StartingTable choose(MappingTable of_file, const Config& config, const KeptTable& kept) {
  const std::string digest = table_digest(of_file, config);
  StartingTable start{.table = {}, .file = {.digest = digest}, .kept = kept};
  if (digest == kept.rolled_back()) {
    Result<MappingTable> table = load_mappings(kept.file(), config);
    if (table) {
      start.table = *std::move(table);
      return start;
    }
    start.warning = fmt::format(
        "{} is in force again, which was rolled back from: the table "
        "before it is refused\n{}",
        config.table_file.string(), table.error().message);
  }
  start.table = std::move(of_file);
  return start;
}

/// Where it is refused for `refusal`.
Result<StartingTable> fall_back(Error refusal, const Config& config, const KeptTable& kept) {
  std::error_code ignored;
  if (!std::filesystem::exists(kept.file(), ignored)) {
    return refusal;
  }
  Result<MappingTable> table = load_mappings(kept.file(), config);
  if (!table) {
    return input_error(refusal.message + "\n" + table.error().message);
  }
  return StartingTable{.table = *std::move(table),
                       .file = {.digest = {},
                                .refusal = std::move(refusal.message),
                                .refused_since = std::chrono::system_clock::now()},
                       .kept = kept};
}

}  // namespace

Result<StartingFiles> load_start(const std::filesystem::path& config_file) {
  Result<ApplianceFiles> files = load_appliance(config_file);
  if (files) {
    const KeptTable kept(files->config);
    StartingTable start = choose(std::move(files->table), files->config, kept);
    return StartingFiles{std::move(files->config), std::move(start)};
  }
  Result<Config> config = load_config(config_file);
  if (!config) {
    return files.error();
  }
  Result<StartingTable> start = fall_back(files.error(), *config, KeptTable(*config));
  if (!start) {
    return start.error();
  }
  return StartingFiles{*std::move(config), *std::move(start)};
}

}  // namespace natto
