#include <unistd.h>

#include <cstdio>
#include <string>

#include "audit/actor.hpp"
#include "commands.hpp"
#include "running_natto.hpp"
#include "views.hpp"

namespace natto {
namespace {

struct ReloadArguments {
  RunningNatto natto;
  bool dry_run = false;
  std::string confirm;
  bool json = false;
};

/// What natto is doing, for a person who waits: one line that makes room for the next.
class ProgressLine {
 public:
  ~ProgressLine() { show(""); }
  ProgressLine() = default;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text) const {
    if (is_terminal_) {
      std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
      std::fflush(stderr);
    }
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) != 0;
};

template <typename OneRequest>
Result<std::string> ask(const ReloadArguments& arguments, const OneRequest& request) {
  Result<api::Client> natto = arguments.natto.connect();
  if (!natto) {
    return natto.error();
  }
  const auto received = [&] {
    const ProgressLine line;
    return natto->request(request, [&line](const std::string& stage) { line.show(stage + " …"); });
  }();
  if (received) {
    return arguments.json ? received->line + "\n"
                          : reload_view(received->report, arguments.dry_run);
  }
  if (arguments.json) {
    std::puts(api::to_line(api::to_report(received.error())).c_str());
    return Error{received.error().kind, ""};
  }
  return received.error();
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
  const auto dry_run = command->add_flag("--dry-run", arguments->dry_run,
                                         "say what would change, and change nothing");
  command
      ->add_option("--confirm", arguments->confirm,
                   "the table with this digest may take away more than [table] max_removed")
      ->type_name("DIGEST")
      ->check(is_digest())
      ->excludes(dry_run);
  add_running_natto_options(*command, arguments->natto);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] {
    chosen = [arguments] {
      return arguments->dry_run
                 ? ask(*arguments, api::DryRunRequest())
                 : ask(*arguments,
                       api::ReloadRequest{.sudo_user = sudo_user(), .confirm = arguments->confirm});
    };
  });
}

void add_rollback(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("rollback", "Make a running natto return to its previous table");
  command->footer("The file is not touched: correct it before the next reload.");
  const auto arguments = std::make_shared<ReloadArguments>();
  add_running_natto_options(*command, arguments->natto);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] {
    chosen = [arguments] {
      return ask(*arguments, api::RollbackRequest{.sudo_user = sudo_user()});
    };
  });
}

}  // namespace natto
