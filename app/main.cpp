// The command line: what natto can be asked, and how it answers with its exit code.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "commands.hpp"
#include "exit_code.hpp"

namespace {

namespace exit_code = natto::exit_code;

int answer(const natto::Result<std::string>& result) {
  if (!result) {
    if (!result.error().message.empty()) {
      std::fputs((result.error().message + "\n").c_str(), stderr);
    }
    return exit_code::of(result.error().kind);
  }
  if (std::fputs(result->c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    std::fputs("cannot write to standard output\n", stderr);
    return exit_code::kSystemRefused;
  }
  return exit_code::kDone;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "natto connects networks whose address ranges overlap: stateless 1:1 NAT of source and\n"
      "destination on DPDK. Start with `natto check`, try your table on captures with\n"
      "`natto replay`, check the machine with `natto doctor`, then `natto run`. `natto show` "
      "tells\n"
      "what a running one does.",
      "natto");
  app.set_version_flag("--version", "natto " NATTO_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 the input or config is wrong, 2 usage, 3 the system refused;\n"
      "of explain also: 4 the packet is not sent; of import: 4 not all was carried over, or not "
      "the same; of "
      "inspect:\n"
      "4 something was found; of health: 1 not healthy.");

  natto::Action chosen;
  natto::add_check(app, chosen);
  natto::add_doctor(app, chosen);
  natto::add_replay(app, chosen);
  natto::add_run(app, chosen);
  natto::add_health(app, chosen);
  natto::add_exporter(app, chosen);
  natto::add_show(app, chosen);
  natto::add_reload(app, chosen);
  natto::add_rollback(app, chosen);
  natto::add_activate(app, chosen);
  natto::add_standby(app, chosen);
  natto::add_push(app, chosen);
  natto::add_explain(app, chosen);
  natto::add_top(app, chosen);
  natto::add_capture(app, chosen);
  natto::add_inspect(app, chosen);
  natto::add_bench(app, chosen);
  natto::add_import(app, chosen);
  natto::add_export(app, chosen);
  natto::add_diff(app, chosen);
  natto::add_sign(app, chosen);
  natto::add_verify(app, chosen);
  natto::add_audit(app, chosen);
  natto::add_report(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_code::kDone : exit_code::kUsage;
  }
  return answer(chosen());
}
