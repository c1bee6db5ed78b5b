#include "explain/explain.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "api/reports/reports.hpp"
#include "base/hex.hpp"
#include "captures/capture_file.hpp"
#include "commands.hpp"
#include "explain/described_packet.hpp"
#include "packet/protocol_names.hpp"
#include "running_natto.hpp"
#include "table/loader.hpp"
#include "views.hpp"

namespace natto {
namespace {

using Frame = std::vector<std::uint8_t>;

struct ExplainArguments {
  std::string source;
  std::string destination;
  std::string protocol = "udp";
  std::string tcp_flags = "S";
  DescribedPacket packet;
  std::string realm;
  std::filesystem::path capture;
  std::uint64_t frame = 1;
  std::filesystem::path config_file;
  RunningNatto natto;
  bool json = false;
};

Result<Frame> described_frame(const ExplainArguments& arguments) {
  DescribedPacket packet = arguments.packet;
  const auto source = parse_ipv4_address(arguments.source);
  const auto destination = parse_ipv4_address(arguments.destination);
  if (!source || !destination) {
    return input_error(fmt::format("{} is not an IPv4 address; write it like 10.0.0.1",
                                   !source ? arguments.source : arguments.destination));
  }
  const auto protocol = parse_protocol(arguments.protocol);
  if (!protocol) {
    return input_error(
        fmt::format("{} is no protocol: give tcp, udp, icmp, gre, esp, ah, sctp, "
                    "udplite, dccp or a number up to 255",
                    arguments.protocol));
  }
  const auto flags = parse_tcp_flags(arguments.tcp_flags);
  if (!flags) {
    return input_error(
        fmt::format("{} are no TCP flags: give letters of FSRPAUEW, like SA", arguments.tcp_flags));
  }
  packet.source = *source;
  packet.destination = *destination;
  packet.protocol = *protocol;
  packet.tcp_flags = *flags;
  if (packet.length < least_bytes(packet)) {
    return input_error(fmt::format("--length {}: a packet of this kind has at least {} bytes",
                                   packet.length, least_bytes(packet)));
  }
  return frame_of(packet);
}

Result<Frame> frame_to_explain(const ExplainArguments& arguments) {
  return arguments.capture.empty() ? described_frame(arguments)
                                   : read_frame(arguments.capture, arguments.frame);
}

/// As the running natto would report it.
Result<api::ExplainReport> explain_files(const std::filesystem::path& config_file,
                                         const api::ExplainRequest& request) {
  const Result<ApplianceFiles> appliance = load_appliance(config_file, Signatures::kIgnored);
  return appliance ? api::explain_report(appliance->config, appliance->table,
                                         appliance->config.ha.start, request)
                   : appliance.error();
}

Result<api::ExplainReport> explain_running(const RunningNatto& running,
                                           const api::ExplainRequest& request) {
  Result<api::Client> natto = running.connect();
  if (!natto) {
    return natto.error();
  }
  auto received = natto->request(request);
  return received ? Result<api::ExplainReport>(std::move(received->report)) : received.error();
}

Result<std::string> explain_packet(const ExplainArguments& arguments) {
  const Result<Frame> frame = frame_to_explain(arguments);
  if (!frame) {
    return frame.error();
  }
  const api::ExplainRequest request{.frame = to_hex(*frame), .realm = arguments.realm};
  const Result<api::ExplainReport> report = arguments.config_file.empty()
                                                ? explain_running(arguments.natto, request)
                                                : explain_files(arguments.config_file, request);
  if (!report) {
    return report.error();
  }
  std::string text = arguments.json ? api::to_line(*report) + "\n" : explain_view(*report);
  if (!report->sent) {
    std::fputs(text.c_str(), stdout);
    return Error{ErrorKind::kNotSent, ""};
  }
  return text;
}

void add_packet_options(CLI::App& command, const std::shared_ptr<ExplainArguments>& arguments) {
  DescribedPacket& packet = arguments->packet;
  CLI::Option* source =
      command.add_option("source", arguments->source, "the packet's source when it arrives")
          ->type_name("SRC");
  CLI::Option* destination =
      command.add_option("destination", arguments->destination, "its destination when it arrives")
          ->type_name("DST");
  source->needs(destination);
  command.add_option("--proto", arguments->protocol, "a name or a number")->capture_default_str();
  command.add_option("--length,--size", packet.length, "bytes of the IPv4 packet")
      ->check(CLI::Range(40, 65'535))
      ->capture_default_str();
  const auto add_byte = [&](const char* name, std::uint8_t& byte, const char* help) {
    command
        .add_option_function<unsigned>(
            name, [&byte](unsigned value) { byte = static_cast<std::uint8_t>(value); }, help)
        ->check(CLI::Range(0, 255));
  };
  add_byte("--ttl", packet.ttl, "time to live when it arrives [64]");
  command.add_flag("--df", packet.dont_fragment, "it may not be fragmented");
  command.add_option("--sport", packet.source_port, "source port of TCP, UDP and SCTP")
      ->type_name("PORT");
  command.add_option("--dport", packet.destination_port, "destination port")->type_name("PORT");
  command.add_option("--flags", arguments->tcp_flags, "TCP flags: letters of FSRPAUEW")
      ->type_name("FLAGS")
      ->capture_default_str();
  add_byte("--icmp-type", packet.icmp_type, "ICMP type; an error quotes a UDP packet to SRC [8]");
  CLI::Option* capture =
      command.add_option("--pcap", arguments->capture, "explain a frame of this capture instead")
          ->type_name("FILE")
          ->excludes(source);
  command.add_option("--frame", arguments->frame, "which frame of it; the first is 1")
      ->needs(capture)
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace

void add_explain(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "explain", "Say what would happen to a packet, and by which lines of the table");
  command->footer(
      "Asks the running natto, or with -c reads the files. The exit code is 0 if natto would send\n"
      "the packet on, and 4 if not: because it drops it, or takes it itself, as a ping to its own\n"
      "address.\n"
      "Example: natto explain 10.32.1.157 10.33.1.151 --proto tcp --dport 443 --length 1500 --df\n"
      "Example: natto explain --realm company-a --pcap from-a.pcap --frame 7");
  const auto arguments = std::make_shared<ExplainArguments>();
  add_packet_options(*command, arguments);
  command->add_option("--realm", arguments->realm,
                      "where it comes from; needed only where its source does not say so");
  add_config_option(*command, arguments->config_file);
  add_running_natto_options(*command, arguments->natto);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] {
    if (arguments->destination.empty() && arguments->capture.empty()) {
      throw CLI::RequiredError("SRC and DST, or --pcap FILE,");
    }
    chosen = [arguments] { return explain_packet(*arguments); };
  });
}

}  // namespace natto
