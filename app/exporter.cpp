#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "commands.hpp"
#include "exporter/options.hpp"

namespace natto {
namespace {

/// Becomes natto-exporter, which has the web server that natto itself does not link.
Error become_exporter(const ExporterOptions& options) {
  std::error_code error;
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe", error).replace_filename("natto-exporter");
  std::vector<std::string> words = {program.string(),
                                    "--listen",
                                    options.listen,
                                    "--mappings",
                                    options.mappings,
                                    "--timeout",
                                    fmt::format("{}", options.natto.timeout_seconds)};
  if (options.natto.socket) {
    words.insert(words.end(), {"--socket", options.natto.socket->string()});
  }
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  return system_error(
      fmt::format("cannot run {}: {}\n  the Debian package has it; a build has it "
                  "if libmicrohttpd-dev was there",
                  program.string(), std::strerror(errno)));
}

}  // namespace

void add_exporter(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "exporter", "Serve a running natto's metrics for Prometheus, and a page on it");
  const auto options = std::make_shared<ExporterOptions>();
  add_exporter_options(*command, *options);
  command->callback(
      [options, &chosen] { chosen = [options] { return become_exporter(*options); }; });
}

}  // namespace natto
