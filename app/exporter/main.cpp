// natto-exporter: what natto exporter runs. A program of its own, so that no web server is in
// natto.

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "exit_code.hpp"
#include "exporter/exporter.hpp"
#include "exporter/listen.hpp"
#include "exporter/options.hpp"

namespace natto {
namespace {

/// Until SIGINT or SIGTERM.
Status serve(const ExporterOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // for the server's threads too
  signal(SIGPIPE, SIG_IGN);

  Result<MappingChoice> mappings = MappingChoice::parse(options.mappings);
  if (!mappings) {
    return mappings.error();
  }
  Result<Descriptor> listening = listen_at(options.listen);
  if (!listening) {
    return listening.error();
  }
  Exporter exporter(options.natto, *std::move(mappings));
  const auto server = HttpServer::start(
      *std::move(listening),
      [&exporter](const HttpRequest& request) { return exporter.answer(request); });
  if (!server) {
    return server.error();
  }
  fmt::print(stderr, "natto-exporter: answers at {}\n", options.listen);
  int signal = 0;
  sigwait(&signals, &signal);
  return Done{};
}

}  // namespace
}  // namespace natto

int main(int argc, char** argv) {
  CLI::App app("Serve a running natto's metrics for Prometheus, and a page on it.",
               "natto-exporter");
  app.set_version_flag("--version", "natto-exporter " NATTO_VERSION);
  natto::ExporterOptions options;
  natto::add_exporter_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? natto::exit_code::kDone : natto::exit_code::kUsage;
  }
  const natto::Status served = natto::serve(options);
  if (!served) {
    fmt::print(stderr, "{}\n", served.error().message);
    return natto::exit_code::of(served.error().kind);
  }
  return natto::exit_code::kDone;
}
