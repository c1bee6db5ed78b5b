#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "clock.hpp"
#include "commands.hpp"
#include "questions.hpp"
#include "running_natto.hpp"
#include "terminal.hpp"
#include "top_rates.hpp"

namespace natto {
namespace {

using Clock = std::chrono::steady_clock;

struct TopArguments {
  RunningNatto natto;
  double interval_seconds = 1;
  std::uint64_t count = 0;  ///< 0: until the user leaves
  bool json = false;
};

/// Connects anew each time: between two looks natto need not wait for this program.
Result<TopSample> take_sample(const RunningNatto& running, std::uint64_t last_sample) {
  Result<api::Client> natto = running.connect();
  if (!natto) {
    return natto.error();
  }
  TopSample sample;
  Questions questions(*natto);
  questions.ask(api::CountersRequest(), sample.counters);
  questions.ask(api::DropsRequest(), sample.drops);
  questions.ask(api::PortsRequest(), sample.ports);
  questions.ask(api::WorkersRequest(), sample.workers);
  questions.ask(api::BusiestRequest{.since = last_sample}, sample.busiest);
  sample.seconds = steady_seconds();
  return questions.result(std::move(sample));
}

Result<std::string> top(const TopArguments& arguments) {
  const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(arguments.interval_seconds));
  Result<TopSample> last = take_sample(arguments.natto, 0);
  if (!last) {
    return last.error();
  }
  std::optional<LiveScreen> screen;
  if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 && !arguments.json) {
    screen.emplace();
  }
  for (std::uint64_t shown = 0; arguments.count == 0 || shown < arguments.count; ++shown) {
    if (!(screen ? screen->wait(interval) : wait_undisturbed(interval))) {
      break;
    }
    Result<TopSample> now = take_sample(arguments.natto, last->busiest.sample);
    if (!now) {
      return now.error();
    }
    const TopRates rates = top_rates(*last, *now);
    const std::string text = arguments.json ? top_json(rates) : top_view(rates);
    if (screen) {
      screen->show(text);
    } else if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
      return system_error("cannot write to standard output");
    }
    last = std::move(now);
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
  add_running_natto_options(*command, arguments->natto);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return top(*arguments); }; });
}

}  // namespace natto
