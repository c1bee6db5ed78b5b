#include "explain/explain.hpp"

#include <fmt/format.h>

#include "api/client.hpp"
#include "api/reports/reports.hpp"
#include "commands.hpp"
#include "config/loader.hpp"
#include "views.hpp"

namespace natto {
namespace {

struct ExplainArguments {
  std::string protocol = "udp";
  api::ExplainRequest request;
  std::filesystem::path config_file;
  std::optional<std::filesystem::path> socket;
  bool json = false;
};

/// As the running natto would report it.
Result<api::ExplainReport> explain_files(const std::filesystem::path& config_file,
                                         const api::ExplainRequest& request) {
  const Result<Appliance> appliance = load_appliance(config_file);
  return appliance ? api::explain_report(appliance->config, appliance->table, request)
                   : appliance.error();
}

Result<api::ExplainReport> explain_running(const std::optional<std::filesystem::path>& socket,
                                           const api::ExplainRequest& request) {
  Result<api::Client> natto = api::Client::connect(socket);
  if (!natto) {
    return natto.error();
  }
  auto received = natto->request(request);
  return received ? Result<api::ExplainReport>(std::move(received->report)) : received.error();
}

Result<std::string> explain_packet(const ExplainArguments& arguments) {
  api::ExplainRequest request = arguments.request;
  const auto protocol = parse_protocol(arguments.protocol);
  if (!protocol) {
    return input_error(
        fmt::format("{} is no protocol: say tcp, udp, icmp, gre, esp, ah, sctp, "
                    "udplite or a number up to 255",
                    arguments.protocol));
  }
  request.protocol = *protocol;
  const Result<api::ExplainReport> report = arguments.config_file.empty()
                                                ? explain_running(arguments.socket, request)
                                                : explain_files(arguments.config_file, request);
  if (!report) {
    return report.error();
  }
  return arguments.json ? api::to_line(*report) + "\n" : explain_view(*report);
}

}  // namespace

void add_explain(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "explain", "Say what would happen to a packet, and by which lines of the table");
  command->footer(
      "Asks the running natto, or with -c the files.\n"
      "Example: natto explain 10.32.1.157 10.33.1.151 --proto tcp --length 1500 --df");
  const auto arguments = std::make_shared<ExplainArguments>();
  command
      ->add_option("source", arguments->request.source,
                   "the packet's source address when it arrives")
      ->required()
      ->type_name("SRC");
  command
      ->add_option("destination", arguments->request.destination,
                   "the packet's destination address when it arrives")
      ->required()
      ->type_name("DST");
  command->add_option("--realm", arguments->request.realm,
                      "where it comes from; needed only where that is not clear from SRC");
  command->add_option("--proto", arguments->protocol, "a name or a number")->capture_default_str();
  command->add_option("--length", arguments->request.length, "bytes of the IPv4 packet")
      ->check(CLI::Range(40, 65'535))
      ->capture_default_str();
  command->add_option("--ttl", arguments->request.ttl, "time to live when it arrives")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  command->add_flag("--df", arguments->request.dont_fragment, "it may not be fragmented");
  add_config_option(*command, arguments->config_file);
  add_socket_option(*command, arguments->socket);
  add_json_option(*command, arguments->json);
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return explain_packet(*arguments); }; });
}

}  // namespace natto
