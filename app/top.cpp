#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "client/telemetry_client.hpp"
#include "commands.hpp"
#include "mappings_query.hpp"
#include "terminal.hpp"
#include "views.hpp"

namespace natto {
namespace {

using Clock = std::chrono::steady_clock;

struct TopArguments {
  std::optional<std::filesystem::path> socket;
  double interval_seconds = 1;
  std::uint64_t count = 0;  ///< 0: until the user leaves
  bool json = false;
};

Result<TopSample> take_sample(const TelemetryClient& natto) {
  TopSample sample;
  for (const auto& [command, part] :
       {std::pair{"/natto/counters", &sample.counters}, std::pair{"/natto/drops", &sample.drops},
        std::pair{"/natto/ports", &sample.ports}, std::pair{"/natto/workers", &sample.workers}}) {
    Result<nlohmann::ordered_json> answer = natto.ask(command);
    if (!answer) {
      return answer.error();
    }
    *part = std::move(*answer);
  }
  Result<nlohmann::ordered_json> mappings = ask_mappings(natto, "");
  if (!mappings) {
    return mappings.error();
  }
  sample.mappings = std::move(*mappings);
  sample.seconds = std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
  return sample;
}

Result<std::string> top(const TopArguments& arguments) {
  const Result<TelemetryClient> natto = TelemetryClient::connect(arguments.socket);
  if (!natto) {
    return natto.error();
  }
  const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(arguments.interval_seconds));
  std::optional<LiveScreen> screen;
  if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 && !arguments.json) {
    screen.emplace();
  }
  try {
    Result<TopSample> last = take_sample(*natto);
    if (!last) {
      return last.error();
    }
    for (std::uint64_t shown = 0; arguments.count == 0 || shown < arguments.count; ++shown) {
      if (!(screen ? screen->wait(interval) : wait_undisturbed(interval))) {
        break;
      }
      Result<TopSample> now = take_sample(*natto);
      if (!now) {
        return now.error();
      }
      const nlohmann::ordered_json rates = top_rates(*last, *now);
      const std::string text = arguments.json ? rates.dump() + "\n" : top_view(rates);
      if (screen) {
        screen->show(text);
      } else if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
        return system_error("cannot write to standard output");
      }
      last = std::move(now);
    }
  } catch (const nlohmann::json::exception& error) {
    return system_error(
        fmt::format("natto's answer is not understood ({}): is it another version?", error.what()));
  }
  return std::string();
}

}  // namespace

void add_top(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "top", "Show rates of a running natto, live: ports, workers, drops and the busiest mappings");
  command->footer("q ends it. Without a terminal it prints one block after another.");
  const auto arguments = std::make_shared<TopArguments>();
  command->add_option("--interval", arguments->interval_seconds, "seconds between two updates")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_option("--count", arguments->count, "end after so many updates; 0: never")
      ->capture_default_str();
  add_socket_option(*command, arguments->socket);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return top(*arguments); }; });
}

}  // namespace natto
