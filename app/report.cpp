#include "history/report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "base/utc.hpp"
#include "commands.hpp"
#include "config/state_folder.hpp"
#include "history/history_files.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

struct ReportArguments {
  std::filesystem::path config_file = "/etc/natto/natto.toml";
  std::optional<std::filesystem::path> folder;
  std::string from;
  std::string to;
  std::optional<std::string> realm;
  bool json = false;
};

Result<WallTime> time_of(const char* option, const std::string& text) {
  if (const auto time = parse_utc(text)) {
    return *time;
  }
  return Error{
      ErrorKind::kUsage,
      fmt::format("{} {} is no time; say it as 2026-01, 2026-01-31 or 2026-01-31T12:00, UTC",
                  option, text)};
}

Result<std::filesystem::path> folder_of(const ReportArguments& arguments) {
  if (arguments.folder) {
    return *arguments.folder;
  }
  const Result<Config> config = load_config(arguments.config_file);
  if (!config) {
    return config.error();
  }
  if (arguments.realm && !config->find_realm(*arguments.realm)) {
    return Error{ErrorKind::kUsage, fmt::format("{} has no realm {}",
                                                arguments.config_file.string(), *arguments.realm)};
  }
  return state_folder(*config);
}

Result<std::string> report_of(const ReportArguments& arguments) {
  const Result<WallTime> from = time_of("--from", arguments.from);
  const Result<WallTime> to = time_of("--to", arguments.to);
  if (!from || !to) {
    return from ? to.error() : from.error();
  }
  if (*to <= *from) {
    return Error{ErrorKind::kUsage, "--to is not after --from"};
  }
  const Result<std::filesystem::path> folder = folder_of(arguments);
  if (!folder) {
    return folder.error();
  }
  EvidenceReport report(*from, *to, arguments.realm);
  const Result<HistoryRead> read =
      read_history(*folder, *from, *to, [&report](const Period& period) { report.add(period); });
  if (!read) {
    return read.error();
  }
  if (read->unreadable > 0) {
    std::fputs(
        fmt::format("{} line(s) of the history cannot be read: what they counted is missing\n",
                    read->unreadable)
            .c_str(),
        stderr);
  }
  return arguments.json ? to_json(report) : to_text(report);
}

}  // namespace

void add_report(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("report", "Tell what was carried, refused and in force between two times");
  command->footer(
      "natto writes what it counted each hour and when it stops; the report has what was written\n"
      "after --from and not after --to. Times are UTC.\n"
      "Example: natto report --from 2026-01 --to 2026-02 --realm company-a");
  const auto arguments = std::make_shared<ReportArguments>();
  command->add_option("--from", arguments->from, "2026-01, 2026-01-31 or 2026-01-31T12:00")
      ->type_name("TIME")
      ->required();
  command->add_option("--to", arguments->to, "likewise")->type_name("TIME")->required();
  command->add_option("--realm", arguments->realm, "of this realm's side only")->type_name("REALM");
  add_config_option(*command, arguments->config_file)->capture_default_str();
  command
      ->add_option("--history", arguments->folder,
                   "the folder of the history, where there is no natto.toml")
      ->type_name("PATH");
  add_json_option(*command, arguments->json);
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return report_of(*arguments); }; });
}

}  // namespace natto
