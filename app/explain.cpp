#include "explain/explain.hpp"

#include <fmt/format.h>

#include "client/telemetry_client.hpp"
#include "commands.hpp"
#include "config/loader.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

struct ExplainArguments {
  std::string source;
  std::string destination;
  std::string protocol = "udp";
  ExplainQuery query;
  std::filesystem::path config_file;
  std::optional<std::filesystem::path> socket;
  bool json = false;
};

Result<ExplainQuery> make_query(const ExplainArguments& arguments) {
  ExplainQuery query = arguments.query;
  const auto source = parse_ipv4_address(arguments.source);
  const auto destination = parse_ipv4_address(arguments.destination);
  if (!source || !destination) {
    return input_error(fmt::format("{} is not an IPv4 address; write it like 10.0.0.1",
                                   !source ? arguments.source : arguments.destination));
  }
  const auto protocol = parse_protocol(arguments.protocol);
  if (!protocol) {
    return input_error(
        fmt::format("{} is no protocol: say tcp, udp, icmp, gre, esp, ah, sctp, "
                    "udplite or a number up to 255",
                    arguments.protocol));
  }
  query.source = *source;
  query.destination = *destination;
  query.protocol = *protocol;
  return query;
}

/// The answer of the files; as the running natto would give it.
Result<Json> explain_files(const std::filesystem::path& config_file, const ExplainQuery& query) {
  const Result<Appliance> appliance = load_appliance(config_file);
  if (!appliance) {
    return appliance.error();
  }
  const Result<Explanation> told = explain(appliance->config, appliance->table, query);
  if (!told) {
    return told.error();
  }
  return Json{
      {"sent", told->verdict.is_forward() ? 1 : 0},
      {"reason", told->verdict.is_drop() ? std::string(info(told->verdict.reason()).name) : ""},
      {"steps", told->steps}};
}

Result<Json> explain_running(const std::optional<std::filesystem::path>& socket,
                             const ExplainQuery& query) {
  const Result<TelemetryClient> natto = TelemetryClient::connect(socket);
  if (!natto) {
    return natto.error();
  }
  Result<Json> answer = natto->ask("/natto/explain", to_string(query));
  if (answer && answer->contains("error")) {
    return input_error(answer->at("error").get<std::string>());
  }
  return answer;
}

Result<std::string> explain_packet(const ExplainArguments& arguments) {
  const Result<ExplainQuery> query = make_query(arguments);
  if (!query) {
    return query.error();
  }
  const Result<Json> answer = arguments.config_file.empty()
                                  ? explain_running(arguments.socket, *query)
                                  : explain_files(arguments.config_file, *query);
  if (!answer) {
    return answer.error();
  }
  if (arguments.json) {
    return answer->dump() + "\n";
  }
  std::string text;
  for (const Json& step : answer->at("steps")) {
    text += step.get<std::string>() + "\n";
  }
  return text;
}

}  // namespace

void add_explain(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "explain", "Say what would happen to a packet, and by which lines of the table");
  command->footer(
      "Asks the running natto, or with -c the files.\n"
      "Example: natto explain 10.32.1.157 10.33.1.151 --proto tcp --length 1500 --df");
  const auto arguments = std::make_shared<ExplainArguments>();
  command->add_option("source", arguments->source, "the packet's source address when it arrives")
      ->required()
      ->type_name("SRC");
  command
      ->add_option("destination", arguments->destination,
                   "the packet's destination address when it arrives")
      ->required()
      ->type_name("DST");
  command->add_option("--realm", arguments->query.realm,
                      "where it comes from; needed only where that is not clear from SRC");
  command->add_option("--proto", arguments->protocol, "a name or a number")->capture_default_str();
  command->add_option("--length", arguments->query.length, "bytes of the IPv4 packet")
      ->check(CLI::Range(40, 65'535))
      ->capture_default_str();
  command
      ->add_option_function<unsigned>(
          "--ttl",
          [arguments](unsigned ttl) { arguments->query.ttl = static_cast<std::uint8_t>(ttl); },
          "time to live when it arrives [64]")
      ->check(CLI::Range(0, 255));
  command->add_flag("--df", arguments->query.dont_fragment, "it may not be fragmented");
  add_config_option(*command, arguments->config_file);
  add_socket_option(*command, arguments->socket);
  add_json_option(*command, arguments->json);
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return explain_packet(*arguments); }; });
}

}  // namespace natto
