#pragma once

// What every command that talks to a running natto has in common.

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "api/client.hpp"

namespace natto {

/// Which natto, and how long it may be silent.
struct RunningNatto {
  std::optional<std::filesystem::path> socket;
  double timeout_seconds = std::chrono::duration<double>(api::Client::kPatience).count();

  [[nodiscard]] Result<api::Client> connect() const {
    return api::Client::connect(socket, std::chrono::ceil<std::chrono::milliseconds>(
                                            std::chrono::duration<double>(timeout_seconds)));
  }
};

/// What natto reports, as `view` shows it, or as it came.
template <typename OneRequest, typename View>
[[nodiscard]] Result<std::string> ask_and_show(const RunningNatto& natto, bool json,
                                               const OneRequest& request, View view) {
  Result<api::Client> client = natto.connect();
  if (!client) {
    return client.error();
  }
  auto received = client->request(request);
  if (!received) {
    return received.error();
  }
  return json ? received->line + "\n" : view(received->report);
}

/// --socket and --timeout.
inline void add_running_natto_options(CLI::App& command, RunningNatto& natto) {
  command
      .add_option("--socket", natto.socket,
                  "the running natto's socket; needed only where several run")
      ->type_name("PATH");
  // A natto that works says so twice a second.
  command
      .add_option("--timeout", natto.timeout_seconds,
                  "seconds that natto may say nothing before the command gives up")
      ->type_name("SECONDS")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
}

}  // namespace natto
