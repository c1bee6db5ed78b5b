#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "audit/audit_reader.hpp"
#include "base/utc.hpp"
#include "commands.hpp"
#include "config/state_folder.hpp"
#include "lines.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

struct AuditArguments {
  std::optional<std::filesystem::path> file;
  std::filesystem::path config_file = "/etc/natto/natto.toml";
  std::string last;
  std::string since;
  bool json = false;
};

Result<std::filesystem::path> file_of(const AuditArguments& arguments) {
  if (arguments.file) {
    return *arguments.file;
  }
  const Result<Config> config = load_config(arguments.config_file);
  return config ? Result<std::filesystem::path>(audit_file(*config)) : config.error();
}

Result<std::string> verify_file(const AuditArguments& arguments) {
  const auto file = file_of(arguments);
  if (!file) {
    return file.error();
  }
  const Result<AuditVerdict> verdict = verify_audit(*file, arguments.last);
  if (!verdict) {
    return verdict.error();
  }
  Lines lines;
  for (const ChainFinding& note : verdict->notes) {
    lines.add("{}:{}: {}", file->string(), note.line, note.what);
  }
  bool good = verdict->findings.empty();
  if (!arguments.last.empty() && !verdict->has_pinned) {
    lines.add("{}: no line has the hash {}: the last lines were changed or removed", file->string(),
              arguments.last);
    good = false;
  }
  for (const ChainFinding& finding : verdict->findings) {
    lines.add("{}:{}: {}", file->string(), finding.line, finding.what);
  }
  if (good) {
    lines.add("ok: {} line(s){}", verdict->lines,
              arguments.last.empty() ? "" : ", and the one that was asked for is among them");
  }
  lines.add("last: sequence {}, {}, SHA-256 {}", verdict->newest.sequence,
            verdict->newest_time.empty() ? "no time" : verdict->newest_time, verdict->newest.hash);
  std::string text = lines.take();
  if (good) {
    return text;
  }
  std::fputs(text.c_str(), stdout);
  return input_error("");
}

Result<std::string> show_file(const AuditArguments& arguments) {
  const auto file = file_of(arguments);
  if (!file) {
    return file.error();
  }
  std::optional<WallTime> since;
  if (!arguments.since.empty() && !(since = parse_utc(arguments.since))) {
    return Error{ErrorKind::kUsage,
                 fmt::format("--since {} is no time; say it as 2026-01-31 or 2026-01-31T12:00, UTC",
                             arguments.since)};
  }
  std::string text;
  const auto show = [&](std::string_view line) {
    if (since) {
      const std::optional<WallTime> time = time_of(line);
      if (!time || *time < *since) {
        return;
      }
    }
    if (!arguments.json) {
      text += audit_text(line);
    } else if (ChainReader::is_line(line)) {
      text += fmt::format("{}{}", text.empty() ? "" : ",\n", line);
    }
  };
  const Result<std::string> tail = for_each_line(*file, show);
  if (!tail) {
    return tail.error();
  }
  if (!tail->empty()) {
    show(*tail);
  }
  return arguments.json ? "[" + text + "]\n" : text;
}

void add_file(CLI::App& command, AuditArguments& arguments) {
  command.add_option("file", arguments.file, "the audit; without it, that of natto.toml")
      ->type_name("FILE");
  add_config_option(command, arguments.config_file)->capture_default_str();
}

}  // namespace

void add_audit(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "audit", "Read the record of who changed what, and prove that nobody changed it since");
  command->require_subcommand(1);

  CLI::App* verify = command->add_subcommand(
      "verify", "Find lines of an audit that were changed, removed, put in or moved");
  verify->footer(
      "Every line has the hash of the one before it. So a change shows, but at the end: who "
      "removes\n"
      "the last lines leaves a right file. Keep the last line's hash elsewhere, and ask for it "
      "with\n"
      "--last.\n"
      "Exit codes: 0 nothing was changed, 1 a line is named.\n"
      "Example: natto audit verify --last \"$(cat kept-hash)\"");
  const auto arguments = std::make_shared<AuditArguments>();
  add_file(*verify, *arguments);
  verify->add_option("--last", arguments->last, "a line with this SHA-256 must be there")
      ->type_name("HASH");
  verify->callback(
      [arguments, &chosen] { chosen = [arguments] { return verify_file(*arguments); }; });

  CLI::App* show = command->add_subcommand("show", "Tell the events of an audit");
  show->footer("Example: natto audit show --since 2026-01-31");
  add_file(*show, *arguments);
  show->add_option("--since", arguments->since, "events from then on, UTC: 2026-01-31T12:00")
      ->type_name("TIME");
  add_json_option(*show, arguments->json);
  show->callback([arguments, &chosen] { chosen = [arguments] { return show_file(*arguments); }; });
}

}  // namespace natto
