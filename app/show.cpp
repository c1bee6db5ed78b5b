#include <memory>

#include "clock.hpp"
#include "commands.hpp"
#include "running_natto.hpp"
#include "views.hpp"

namespace natto {
namespace {

struct ShowArguments {
  RunningNatto natto;
  bool json = false;
  std::string filter;  ///< of mappings: a name, an address or a prefix
  std::string sort = "file";
  std::uint64_t limit = 0;
  bool exact = false;
  bool samples = false;  ///< of dropped packets
};

template <typename OneRequest, typename View>
Result<std::string> show(const ShowArguments& arguments, const OneRequest& request, View view) {
  return ask_and_show(arguments.natto, arguments.json, request, view);
}

CLI::App* add_subject(CLI::App& show_command, const char* name, const char* help,
                      const std::shared_ptr<ShowArguments>& arguments) {
  CLI::App* subject = show_command.add_subcommand(name, help);
  add_running_natto_options(*subject, arguments->natto);
  add_json_option(*subject, arguments->json);
  return subject;
}

}  // namespace

void add_show(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("show", "Show what a running natto does");
  command->require_subcommand(1);
  command->footer(
      "Examples: natto show mappings 10.33.1.0/24 --sort bytes --limit 20\n"
      "          natto show drops --samples");
  const auto arguments = std::make_shared<ShowArguments>();
  const auto on = [&](CLI::App* subject, auto request, auto view) {
    subject->callback([=, &chosen] { chosen = [=] { return show(*arguments, request, view); }; });
  };

  CLI::App* mappings =
      add_subject(*command, "mappings",
                  "packets, bytes and last use of each mapping, in both directions", arguments);
  mappings
      ->add_option("filter", arguments->filter,
                   "a mapping's name, or an address or prefix of its real or mapped side")
      ->type_name("NAME|ADDRESS|PREFIX");
  mappings->add_option("--sort", arguments->sort, "what to sort by")
      ->check(CLI::IsMember(
          std::vector<std::string>(api::kMappingOrders.begin(), api::kMappingOrders.end())))
      ->capture_default_str();
  mappings->add_option("--limit", arguments->limit, "show no more than the first N; 0: all")
      ->type_name("N")
      ->capture_default_str();
  mappings->add_flag("-x,--exact", arguments->exact, "exact numbers, not 12K or 3M");
  mappings->callback([arguments, &chosen] {
    chosen = [arguments] {
      const api::MappingsRequest request{
          .filter = arguments->filter, .sort = arguments->sort, .limit = arguments->limit};
      return show(*arguments, request, [&](const api::MappingsReport& report) {
        return mappings_view(report.mappings, now_ms(), arguments->exact);
      });
    };
  });

  CLI::App* drops =
      add_subject(*command, "drops", "dropped packets by reason, with what to do", arguments);
  drops->add_flag("--samples", arguments->samples, "with the last 8 packets of each reason");
  drops->callback([arguments, &chosen] {
    chosen = [arguments] {
      return show(*arguments, api::DropsRequest{.samples = arguments->samples}, drops_view);
    };
  });
  on(add_subject(*command, "rules", "what each rule of the policy allowed, and refused", arguments),
     api::RulesRequest(), rules_view);
  on(add_subject(*command, "limits", "what each limit let pass, and what was over it", arguments),
     api::LimitsRequest(), limits_view);
  on(add_subject(*command, "ports", "link, next hop, offloads, rates and driver counters",
                 arguments),
     api::PortsRequest(), ports_view);
  on(add_subject(*command, "workers", "how busy each worker is", arguments), api::WorkersRequest(),
     workers_view);
  on(add_subject(*command, "table", "version, digest, size, and who loaded it when", arguments),
     api::TableRequest(), table_view);
  on(add_subject(*command, "role", "active or standby, and the table beside the peer's", arguments),
     api::RoleRequest(), role_view);
}

}  // namespace natto
