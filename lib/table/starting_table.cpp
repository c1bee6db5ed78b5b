#include "table/starting_table.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "table/guard.hpp"
#include "table/loader.hpp"
#include "table/serial.hpp"
#include "table/table_diff.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

/// Why natto must not start with the file's table, although it is right: an old one is brought
/// back, or most of what was in force is missing. An empty text if it may.
std::string objection(const MappingTable& of_file, const std::string& digest, const Config& config,
                      const KeptTable& kept, const KeptTable::Record& record) {
  std::string objected = serial_objection(of_file, digest, {record.newest, record.in_force});
  return objected.empty() ? guard_of_kept(of_file, digest, config, kept, record) : objected;
}

/// What the operator is told where a table is kept whose record somebody has taken away.
std::string missing_record(const KeptTable::Record& record, const MappingTable& of_file,
                           const Config& config, const KeptTable& kept) {
  std::error_code ignored;
  const bool counts = !config.table.require.empty() || of_file.serial;
  return counts && record.in_force.digest.empty() && std::filesystem::exists(kept.file(), ignored)
             ? fmt::format("{} is missing: natto does not know which serials were in force",
                           kept.record_file().string())
             : "";
}

/// Where it is refused for `refusal`.
Result<StartingTable> fall_back(Error refusal, const Config& config, const KeptTable& kept) {
  std::error_code ignored;
  if (!std::filesystem::exists(kept.file(), ignored)) {
    return refusal;
  }
  Result<MappingTable> table = kept.load(config);
  if (!table) {
    return input_error(refusal.message + "\n" + table.error().message);
  }
  return StartingTable{.table = *std::move(table),
                       .file = {.digest = {},
                                .refusal = std::move(refusal.message),
                                .refused_since = std::chrono::system_clock::now()},
                       .kept = kept};
}

/// Where the file is right.
Result<StartingTable> choose(MappingTable of_file, const Config& config, const KeptTable& kept) {
  const std::string digest = table_digest(of_file, config);
  StartingTable start{.table = {}, .file = {.digest = digest}, .kept = kept};
  const Result<KeptTable::Record> record = kept.record();
  if (!record && !config.table.require.empty()) {
    return fall_back(record.error(), config, kept);
  }
  start.warning = record ? missing_record(*record, of_file, config, kept)
                         : "no serial is compared: " + record.error().message;
  if (digest == kept.rolled_back()) {
    Result<MappingTable> table = kept.load(config);
    if (table) {
      start.table = *std::move(table);
      return start;
    }
    start.warning = fmt::format(
        "{} is in force again, which was rolled back from: the table "
        "before it is refused\n{}",
        config.table_file.string(), table.error().message);
  } else if (std::string objected = record ? objection(of_file, digest, config, kept, *record) : "";
             !objected.empty()) {
    return fall_back(input_error(std::move(objected)), config, kept);
  }
  start.table = std::move(of_file);
  return start;
}

}  // namespace

std::string guard_of_kept(const MappingTable& of_file, const std::string& digest,
                          const Config& config, const KeptTable& kept,
                          const KeptTable::Record& record) {
  if (record.in_force.digest.empty() || record.in_force.digest == digest) {
    return "";
  }
  const Result<MappingTable> before = kept.load(config);
  if (!before) {
    return "";
  }
  const std::size_t removed = diff_tables(*before, of_file, config).removed.size();
  const double most = config.table.max_removed;
  return takes_too_much(removed, before->mappings.size(), most)
             ? guard_objection(of_file.file, removed, before->mappings.size(), most, digest)
             : "";
}

Result<StartingFiles> load_start(const std::filesystem::path& config_file) {
  Result<ApplianceFiles> files = load_appliance(config_file);
  if (files) {
    const KeptTable kept(files->config);
    Result<StartingTable> start = choose(std::move(files->table), files->config, kept);
    if (!start) {
      return start.error();
    }
    return StartingFiles{std::move(files->config), *std::move(start)};
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
