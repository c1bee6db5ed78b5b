#include <chrono>
#include <cstdio>

#include "api/client.hpp"
#include "commands.hpp"
#include "health_judgement.hpp"
#include "health_track.hpp"

namespace natto {
namespace {

/// Who asks has a time limit of its own, such as keepalived's: all is said within a second.
constexpr std::chrono::milliseconds kPatience(700);

struct HealthArguments {
  std::optional<std::filesystem::path> socket;
  std::optional<std::filesystem::path> track;
  bool json = false;
};

Result<HealthJudgement> ask(const HealthArguments& arguments) {
  Result<api::Client> natto = api::Client::connect(arguments.socket, kPatience);
  if (!natto) {
    const Error& error = natto.error();
    return error.kind == ErrorKind::kInput
               ? Result<HealthJudgement>({ErrorKind::kUsage, error.message})
               : judge_unreachable(error);
  }
  const auto received = natto->request(api::HealthRequest());
  return received ? judge_health(received->report) : judge_unanswered(received.error());
}

Result<std::string> health(const HealthArguments& arguments) {
  if (arguments.track) {
    const Status tracked = track_health(arguments.socket, *arguments.track);
    return tracked ? Result<std::string>("") : tracked.error();
  }
  const Result<HealthJudgement> judgement = ask(arguments);
  if (!judgement) {
    return judgement.error();
  }
  std::string text = arguments.json ? health_json(*judgement) : health_text(*judgement);
  if (judgement->state == HealthJudgement::State::kHealthy) {
    return text;
  }
  std::fputs(text.c_str(), stdout);
  return judgement->state == HealthJudgement::State::kUnhealthy ? input_error("")
                                                                : system_error("");
}

}  // namespace

void add_health(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("health", "Say whether a running natto is healthy, by the exit code");
  command->footer(
      "Workers make progress, control answers, ports are up, gateways are resolved, and the "
      "table's\n"
      "file is not refused. Each finding is a line, with what to do. It ends within a second,\n"
      "whatever hangs. A warning does not make it unhealthy: the peer has another table, or the "
      "audit\n"
      "or the history of counters cannot be written.\n"
      "With --track it goes on until SIGTERM, and writes for keepalived's track_file: 0, -20 if "
      "the\n"
      "other natto of a pair may do better (the file is refused, a gateway is silent), -254 if "
      "this\n"
      "one does not forward.\n"
      "Exit codes: 0 healthy, 1 not healthy, 2 usage, 3 no natto runs here, or it may not be "
      "asked.\n"
      "Example: natto health || systemctl status natto");
  const auto arguments = std::make_shared<HealthArguments>();
  command
      ->add_option("--socket", arguments->socket,
                   "the running natto's socket; needed only where several run")
      ->type_name("PATH");
  command
      ->add_option("--track", arguments->track,
                   "go on, and write what it means for an election into this file")
      ->type_name("FILE");
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return health(*arguments); }; });
}

}  // namespace natto
