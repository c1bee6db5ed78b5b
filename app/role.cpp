#include "commands.hpp"
#include "running_natto.hpp"
#include "views.hpp"

namespace natto {
namespace {

struct RoleArguments {
  RunningNatto natto;
  bool json = false;
};

template <typename OneRequest>
void add_change_of_role(CLI::App& command, Action& chosen) {
  const auto arguments = std::make_shared<RoleArguments>();
  add_running_natto_options(command, arguments->natto);
  add_json_option(command, arguments->json);
  command.callback([arguments, &chosen] {
    chosen = [arguments] {
      return ask_and_show(arguments->natto, arguments->json, OneRequest(), role_view);
    };
  });
}

}  // namespace

void add_activate(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "activate", "Make a running natto the active one of a pair: hosts are to send to it");
  command->footer(
      "natto answers ARP for mapped addresses, and announces them by gratuitous ARP, three times "
      "on\n"
      "each port. On one that is active already, it announces them again.\n"
      "Example: natto activate");
  add_change_of_role<api::ActivateRequest>(*command, chosen);
}

void add_standby(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "standby", "Make a running natto the standby of a pair: hosts are to send to the other");
  command->footer(
      "natto no longer answers ARP for mapped addresses. It translates what still reaches it.\n"
      "Example: natto standby");
  add_change_of_role<api::StandbyRequest>(*command, chosen);
}

}  // namespace natto
