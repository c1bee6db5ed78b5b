// The command line: what natto can be asked, and how it answers with its exit code.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"

namespace {

enum ExitCode : int { kDone = 0, kInputWrong = 1, kUsage = 2, kSystemRefused = 3 };

int answer(const natto::Result<std::string>& result) {
  if (result) {
    fmt::print("{}", *result);
    return kDone;
  }
  fmt::print(stderr, "{}\n", result.error().message);
  return result.error().kind == natto::ErrorKind::kInput ? kInputWrong : kSystemRefused;
}

std::vector<natto::RealmFile> realm_files(const std::vector<std::string>& arguments) {
  std::vector<natto::RealmFile> files;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    files.push_back({argument.substr(0, equals), argument.substr(equals + 1)});
  }
  return files;
}

/// CLI11 check for REALM=FILE.
std::string must_be_realm_file(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  const bool right = equals != std::string::npos && equals > 0 && equals + 1 < argument.size();
  return right ? "" : "write REALM=FILE, not " + argument;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "natto connects networks whose address ranges overlap: stateless 1:1 NAT of source and\n"
      "destination on DPDK. Start with `natto check`, try your table on captures with\n"
      "`natto replay`, then `natto run`.",
      "natto");
  app.set_version_flag("--version", "natto " NATTO_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 the input or config is wrong, 2 usage, 3 the system refused.");

  std::filesystem::path config_file;
  bool json = false;
  const auto add_command = [&](const char* name, const char* help, const char* footer) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("-c,--config", config_file, "the appliance's natto.toml")
        ->required()
        ->type_name("FILE");
    command->footer(footer);
    return command;
  };

  const CLI::App* check =
      add_command("check", "Say whether natto.toml and the mapping table it names are right",
                  "Every mistake of both files is printed as file:line:column: what is wrong.\n"
                  "Example: natto check -c conf/natto.toml");

  CLI::App* replay = add_command(
      "replay",
      "Translate captures: the same data plane, without root, hugepages or a network card",
      "The configured devices are not touched. Ports without gateway_mac send to a made-up\n"
      "02:00:00:00:00:fe. Packets of one input leave in its order.\n"
      "Example: natto replay -c conf/two-arm/natto.toml --in company-a=a.pcap --out "
      "company-b=b.pcap");
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  const auto add_files = [&](const char* name, std::vector<std::string>& files, const char* help) {
    replay->add_option(name, files, help)
        ->type_name("REALM=FILE")
        ->check(CLI::Validator(must_be_realm_file, ""))
        ->take_all();
  };
  add_files("--in", inputs, "packets that arrive from a realm (pcap or pcapng); repeatable");
  add_files("--out", outputs, "where to write what leaves towards a realm (pcap); repeatable");
  replay->add_flag("--json", json, "print the summary as one JSON object");

  CLI::App* run = add_command(
      "run", "Run the appliance in the foreground until SIGINT or SIGTERM",
      "Uses hugepages if enough are free, else normal memory. Needs root, or the rights to the\n"
      "devices. Prints what happened to every packet when it stops.\n"
      "Example: natto run -c conf/natto.toml");
  run->add_flag("--json", json, "print the summary as one JSON object");

  CLI::App* bench = add_command(
      "bench", "Measure the data plane on the configured devices, the way testpmd does",
      "Counts packets per second and cycles per packet after half a second of warming up.\n"
      "Example: natto bench -c natto.toml --seconds 10 --json");
  natto::BenchArguments bench_arguments;
  bench->add_option("--seconds", bench_arguments.seconds, "how long to measure")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  bench
      ->add_option("--stats-period", bench_arguments.stats_period_seconds,
                   "print rates so often on standard error, seconds")
      ->check(CLI::PositiveNumber);
  bench->add_flag("--json", bench_arguments.json, "print the result as one JSON object");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }

  if (check->parsed()) {
    return answer(natto::check(config_file));
  }
  if (replay->parsed()) {
    return answer(natto::replay({.config_file = config_file,
                                 .inputs = realm_files(inputs),
                                 .outputs = realm_files(outputs),
                                 .json = json}));
  }
  if (bench->parsed()) {
    bench_arguments.config_file = config_file;
    return answer(natto::bench(bench_arguments));
  }
  return answer(natto::run({.config_file = config_file, .json = json}));
}
