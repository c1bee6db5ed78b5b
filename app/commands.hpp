#pragma once

// natto's subcommands. Each registers itself with the command line; main runs the one that was
// chosen.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace natto {

/// What the user chose: returns what the program prints, or why it failed.
using Action = std::function<Result<std::string>()>;

// Each adds a subcommand to `app`; if the user chooses it, `chosen` becomes what it does.
void add_check(CLI::App& app, Action& chosen);
void add_replay(CLI::App& app, Action& chosen);
void add_run(CLI::App& app, Action& chosen);
void add_health(CLI::App& app, Action& chosen);
void add_exporter(CLI::App& app, Action& chosen);
void add_show(CLI::App& app, Action& chosen);
void add_reload(CLI::App& app, Action& chosen);
void add_rollback(CLI::App& app, Action& chosen);
void add_activate(CLI::App& app, Action& chosen);
void add_standby(CLI::App& app, Action& chosen);
void add_push(CLI::App& app, Action& chosen);
void add_explain(CLI::App& app, Action& chosen);
void add_capture(CLI::App& app, Action& chosen);
void add_inspect(CLI::App& app, Action& chosen);
void add_top(CLI::App& app, Action& chosen);
void add_bench(CLI::App& app, Action& chosen);
void add_doctor(CLI::App& app, Action& chosen);
void add_diff(CLI::App& app, Action& chosen);
void add_sign(CLI::App& app, Action& chosen);
void add_verify(CLI::App& app, Action& chosen);
void add_import(CLI::App& app, Action& chosen);
void add_export(CLI::App& app, Action& chosen);
void add_audit(CLI::App& app, Action& chosen);
void add_report(CLI::App& app, Action& chosen);

/// -c, --config: every command that reads natto.toml has it.
inline CLI::Option* add_config_option(CLI::App& command, std::filesystem::path& file) {
  return command.add_option("-c,--config", file, "the appliance's natto.toml")->type_name("FILE");
}

/// Of a table, as `natto check` prints it.
inline CLI::Validator is_digest() {
  return {[](const std::string& text) {
            const bool fits = text.size() == 64 &&
                              text.find_first_not_of("0123456789abcdef") == std::string::npos;
            return fits ? "" : "a digest has 64 of the digits 0-9 and a-f: " + text;
          },
          ""};
}

inline void add_json_option(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print one JSON value for programs");
}

}  // namespace natto
