#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "table/kept_table.hpp"
#include "table/loader.hpp"
#include "table/serial.hpp"
#include "table/starting_table.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

struct CheckArguments {
  std::filesystem::path config_file;
  bool strict = false;
};

Result<std::string> check(const CheckArguments& arguments) {
  const Result<ApplianceFiles> appliance = load_appliance(arguments.config_file);
  if (!appliance) {
    return appliance.error();
  }
  const Config& config = appliance->config;
  const MappingTable& table = appliance->table;
  const std::string digest = table_digest(table, config);
  const KeptTable kept(config);
  const Result<KeptTable::Record> record = kept.record();
  std::vector<std::string> warnings = table.warnings;
  if (!record) {
    warnings.push_back("no serial is compared: " + record.error().message);
  } else if (std::string guard = guard_of_kept(table, digest, config, kept, *record);
             !guard.empty()) {
    warnings.push_back(std::move(guard));
  }
  if (!warnings.empty()) {
    const std::string text = fmt::format("{}", fmt::join(warnings, "\n"));
    if (arguments.strict) {
      return input_error(text);
    }
    std::fputs((text + "\n").c_str(), stderr);
  }
  const std::string objected =
      record ? serial_objection(table, digest, {record->newest, record->in_force}) : "";
  if (!objected.empty()) {
    return input_error(objected);
  }
  std::string text =
      fmt::format("ok: {} port(s), {} mapping(s) in {}, digest {}\n", config.ports.size(),
                  table.mappings.size(), config.table_file.string(), digest);
  if (table.serial) {
    text += fmt::format("serial {}\n", *table.serial);
  }
  for (const ssh::GoodSignature& signature : table.signatures) {
    text +=
        fmt::format("signed by {} ({}, {})\n", signature.party, signature.key_type, signature.key);
  }
  return text;
}

}  // namespace

void add_check(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("check", "Check natto.toml and the mapping table that it names");
  command->footer(
      "Every error in both files is printed as file:line:column: what is wrong. A warning tells "
      "of\n"
      "what is right, but hardly meant: addresses that nobody reaches, or a table that takes much "
      "of\n"
      "the one away that natto keeps. Who may not read what natto keeps is told so.\n"
      "Example: natto check -c conf/natto.toml");
  const auto arguments = std::make_shared<CheckArguments>();
  add_config_option(*command, arguments->config_file)->required();
  command->add_flag("--strict", arguments->strict, "exit with 1 where there are warnings");
  command->callback([arguments, &chosen] { chosen = [arguments] { return check(*arguments); }; });
}

}  // namespace natto
