#include <fmt/format.h>

#include <string_view>

#include "commands.hpp"
#include "lines.hpp"
#include "table/loader.hpp"
#include "table/table_diff.hpp"
#include "table/table_digest.hpp"
#include "table_realms.hpp"

namespace natto {
namespace {

struct DiffArguments {
  std::filesystem::path before;
  std::filesystem::path after;
  std::filesystem::path config_file;
};

/// Who compares two tables need not have the appliance's natto.toml.
Result<Config> realms_of(const DiffArguments& arguments) {
  return arguments.config_file.empty() ? config_of_realms({arguments.before, arguments.after})
                                       : load_config(arguments.config_file);
}

std::string in_words(const Mapping& mapping, const Config& config) {
  return fmt::format("{} {} of {}, seen by all others as {}",
                     mapping.real.length == 32 ? "host" : "network", to_string(mapping.real),
                     config.ports[mapping.realm].realm, to_string(mapping.mapped));
}

void add_mappings(Lines& lines, std::string_view title, const std::vector<const Mapping*>& mappings,
                  const Config& config) {
  if (!mappings.empty()) {
    lines.add("{}:", title);
  }
  for (const Mapping* mapping : mappings) {
    lines.add("  {}: {}", mapping->name, in_words(*mapping, config));
  }
}

std::string serial_text(const MappingTable& table) {
  return table.serial ? std::to_string(*table.serial) : "none";
}

std::string diff_view(const MappingTable& old_table, const MappingTable& new_table,
                      const Config& config) {
  const TableDiff diff = diff_tables(old_table, new_table, config);
  Lines lines;
  add_mappings(lines, "mappings added", diff.added, config);
  add_mappings(lines, "mappings removed", diff.removed, config);
  if (!diff.changed.empty()) {
    lines.add("mappings changed:");
  }
  for (const auto& [before, after] : diff.changed) {
    lines.add("  {}: {}", after->name, in_words(*before, config));
    lines.add("  {:>{}} {}", "now", after->name.size() + 1, in_words(*after, config));
  }
  if (!diff.policy.empty()) {
    lines.add("who may talk to whom (+ added, - removed, ~ changed):");
  }
  for (const std::string& line : diff.policy) {
    lines.add("  {}", line);
  }
  std::string text = lines.take();
  if (old_table.serial == new_table.serial) {
    return text.empty() ? "no difference: both say the same\n" : text;
  }
  const std::string serials =
      fmt::format("serial {}, was {}\n", serial_text(new_table), serial_text(old_table));
  return text.empty() ? serials +
                            "no other difference: both give everybody the same addresses "
                            "and rights\n"
                      : serials + text;
}

Result<std::string> diff_files(const DiffArguments& arguments) {
  const Result<Config> config = realms_of(arguments);
  if (!config) {
    return config.error();
  }
  const Result<MappingTable> before = load_mappings(arguments.before, *config);
  if (!before) {
    return before.error();
  }
  const Result<MappingTable> after = load_mappings(arguments.after, *config);
  if (!after) {
    return after.error();
  }
  std::string text;
  if (!arguments.config_file.empty()) {
    text = fmt::format("digest before {}\n        now   {}\n", table_digest(*before, *config),
                       table_digest(*after, *config));
  }
  return text + diff_view(*before, *after, *config);
}

}  // namespace

void add_diff(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "diff", "Tell in words how two files of mappings differ, for who has to agree");
  command->footer(
      "Mappings and rules are the same if their names are; order and comments do not matter. The\n"
      "appliance's natto.toml is not needed; with it the tables' digests are told, too, as natto "
      "check\n"
      "does. `natto reload --dry-run` compares with the running table.\n"
      "Example: natto diff mappings.toml proposed.toml");
  const auto arguments = std::make_shared<DiffArguments>();
  command->add_option("old", arguments->before, "the table as it is")->type_name("OLD")->required();
  command->add_option("new", arguments->after, "the table as it is to be")
      ->type_name("NEW")
      ->required();
  add_config_option(*command, arguments->config_file);
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return diff_files(*arguments); }; });
}

}  // namespace natto
