#include <fmt/format.h>

#include <chrono>

#include "client/telemetry_client.hpp"
#include "commands.hpp"
#include "mappings_query.hpp"
#include "views.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

struct ShowArguments {
  std::optional<std::filesystem::path> socket;
  bool json = false;
  std::string filter;  ///< of mappings: a name, an address or a prefix
  std::string sort = "file";
  bool exact = false;
};

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

Result<Json> ask_ports(const TelemetryClient& natto) {
  const Result<Json> answer = natto.ask("/natto/ports");
  if (!answer) {
    return answer.error();
  }
  Json ports = Json::array();
  for (Json port : *answer) {
    const Result<Json> more = natto.ask("/natto/port", std::to_string(ports.size()));
    if (!more) {
      return more.error();
    }
    port.update(*more);
    ports.push_back(std::move(port));
  }
  return ports;
}

/// Asks with `ask`, and prints with `view` or as JSON.
template <typename Ask, typename View>
Result<std::string> show(const ShowArguments& arguments, Ask ask, View view) {
  const Result<TelemetryClient> natto = TelemetryClient::connect(arguments.socket);
  if (!natto) {
    return natto.error();
  }
  try {
    const Result<Json> answer = ask(*natto);
    if (!answer) {
      return answer.error();
    }
    return arguments.json ? answer->dump() + "\n" : view(*answer);
  } catch (const Json::exception& error) {
    return system_error(
        fmt::format("natto's answer is not understood ({}): is it another version?", error.what()));
  }
}

auto asking(const char* command) {
  return [command](const TelemetryClient& natto) { return natto.ask(command); };
}

CLI::App* add_subject(CLI::App& show_command, const char* name, const char* help,
                      const std::shared_ptr<ShowArguments>& arguments) {
  CLI::App* subject = show_command.add_subcommand(name, help);
  add_socket_option(*subject, arguments->socket);
  add_json_option(*subject, arguments->json);
  return subject;
}

}  // namespace

void add_show(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("show", "Show what a running natto does");
  command->require_subcommand(1);
  command->footer(
      "Examples: natto show mappings 10.33.1.0/24 --sort bytes\n"
      "          natto show drops");
  const auto arguments = std::make_shared<ShowArguments>();
  const auto on = [&](CLI::App* subject, auto ask, auto view) {
    subject->callback([=, &chosen] { chosen = [=] { return show(*arguments, ask, view); }; });
  };

  CLI::App* mappings =
      add_subject(*command, "mappings",
                  "packets, bytes and last use of each mapping, in both directions", arguments);
  mappings
      ->add_option("filter", arguments->filter,
                   "a mapping's name, or an address or prefix of its real or mapped side")
      ->type_name("NAME|ADDRESS|PREFIX");
  mappings->add_option("--sort", arguments->sort, "what to sort by")
      ->check(CLI::IsMember({"file", "name", "packets", "bytes", "last"}))
      ->capture_default_str();
  mappings->add_flag("-x,--exact", arguments->exact, "exact numbers, not 12K or 3M");
  on(
      mappings,
      [arguments](const TelemetryClient& natto) -> Result<Json> {
        Result<Json> rows = ask_mappings(natto, arguments->filter);
        if (rows) {
          sort_mappings(*rows, arguments->sort);
        }
        return rows;
      },
      [arguments](const Json& rows) { return mappings_view(rows, now_ms(), arguments->exact); });

  on(
      add_subject(*command, "drops", "dropped packets by reason, with what to do", arguments),
      [](const TelemetryClient& natto) -> Result<Json> {
        const Result<Json> drops = natto.ask("/natto/drops");
        return drops ? Result<Json>(explain_drops(*drops)) : drops;
      },
      drops_view);
  on(add_subject(*command, "ports", "link, next hop, offloads, rates and driver counters",
                 arguments),
     ask_ports, ports_view);
  on(add_subject(*command, "workers", "how busy each worker is", arguments),
     asking("/natto/workers"), workers_view);
  on(add_subject(*command, "table", "generation, digest, size, and who loaded it when", arguments),
     asking("/natto/table"), table_view);
}

}  // namespace natto
