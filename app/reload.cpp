#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>

#include "client/telemetry_client.hpp"
#include "commands.hpp"
#include "views.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

struct ReloadArguments {
  std::optional<std::filesystem::path> socket;
  bool dry_run = false;
  bool json = false;
};

/// "root (uid 0), pid 4711": for natto's log. As this process says; the socket's permissions are
/// what keeps others out.
std::string who_asks() {
  const passwd* user = getpwuid(getuid());
  return fmt::format("{} (uid {}), pid {}", user != nullptr ? user->pw_name : "?", getuid(),
                     getpid());
}

/// As much of the outcome's text as can be had: what was done is told in any case.
std::string ask_text(const TelemetryClient& natto, const Json& outcome) {
  const std::size_t total = outcome.at("text_bytes");
  std::string text;
  while (text.size() < total) {
    const Result<Json> page =
        natto.ask("/natto/text", fmt::format("{},{}", outcome.at("id").dump(), text.size()));
    if (!page || !page->is_string() || page->get_ref<const std::string&>().empty()) {
      return text + "\n(natto did not tell the rest: see its log)\n";
    }
    text += page->get<std::string>();
  }
  return text;
}

Result<std::string> ask_outcome(const char* command, const ReloadArguments& arguments) {
  const Result<TelemetryClient> natto = TelemetryClient::connect(arguments.socket);
  if (!natto) {
    return natto.error();
  }
  try {
    Result<Json> outcome = natto->ask(command, who_asks());
    if (!outcome) {
      return outcome.error();
    }
    const std::string text = ask_text(*natto, *outcome);
    const bool refused = outcome->at("ok") == 0;
    if (arguments.json) {
      (*outcome)["text"] = text;
    }
    if (!refused) {
      return arguments.json ? outcome->dump() + "\n"
                            : outcome_view(*outcome, text, arguments.dry_run);
    }
    const ErrorKind kind = outcome->at("exit_code") == 1 ? ErrorKind::kInput : ErrorKind::kSystem;
    if (arguments.json) {
      std::puts(outcome->dump().c_str());
      return Error{kind, ""};
    }
    return Error{kind, text};
  } catch (const Json::exception& error) {
    return system_error(
        fmt::format("natto's answer is not understood ({}): is it another version?", error.what()));
  }
}

}  // namespace

void add_reload(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("reload", "Make a running natto load its mapping table now");
  command->footer(
      "All of the new table takes effect at one instant, without losing a packet, or nothing\n"
      "changes and every error is printed. The command ends when no packet meets the old table\n"
      "any more.\n"
      "Example: natto reload --dry-run && natto reload");
  const auto arguments = std::make_shared<ReloadArguments>();
  command->add_flag("--dry-run", arguments->dry_run, "say what would change, and change nothing");
  add_socket_option(*command, arguments->socket);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] {
    chosen = [arguments] {
      return ask_outcome(arguments->dry_run ? "/natto/dry_run" : "/natto/reload", *arguments);
    };
  });
}

void add_rollback(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("rollback", "Make a running natto return to its previous table");
  command->footer("The file is not touched: correct it before the next reload.");
  const auto arguments = std::make_shared<ReloadArguments>();
  add_socket_option(*command, arguments->socket);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] {
    chosen = [arguments] { return ask_outcome("/natto/rollback", *arguments); };
  });
}

}  // namespace natto
