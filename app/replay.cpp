#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <vector>

#include "commands.hpp"
#include "replay_input.hpp"
#include "replay_output.hpp"
#include "runtime/replay.hpp"
#include "summary.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

/// "company-a=capture.pcap"
struct RealmFile {
  std::string realm;
  std::filesystem::path file;
};

struct ReplayArguments {
  std::filesystem::path config_file;
  std::vector<RealmFile> inputs;
  std::vector<RealmFile> outputs;
  bool json = false;
};

/// The next hop of a port that has no gateway_mac: nobody is there to answer ARP.
constexpr MacAddress kLabNextHop{{0x02, 0x00, 0x00, 0x00, 0x00, 0xfe}};

Result<RealmId> find_realm(const Config& config, const RealmFile& argument) {
  if (const auto realm = config.find_realm(argument.realm)) {
    return *realm;
  }
  std::string known;
  for (const PortConfig& port : config.ports) {
    known += (known.empty() ? "" : ", ") + port.realm;
  }
  return input_error(fmt::format("{}={}: there is no realm {}; the config has {}", argument.realm,
                                 argument.file.string(), argument.realm, known));
}

/// The net_pcap vdev that stands in for a port.
struct LabDevice {
  std::string name;
  std::string arguments;

  /// `named` is the user's file, `opened` the one for DPDK.
  [[nodiscard]] Status add(const char* key, const std::filesystem::path& named,
                           const std::filesystem::path& opened) {
    if (arguments.find(fmt::format(",{}=", key)) != std::string::npos) {
      return input_error(
          fmt::format("{}: its realm has a file already: give one --in and one --out per realm",
                      named.string()));
    }
    arguments += fmt::format(",{}={}", key, opened.string());
    return Done{};
  }

  [[nodiscard]] std::string device() const {
    // net_pcap wants a file; a port without any neither receives nor keeps what it is sent.
    return arguments.empty() ? fmt::format("net_null_{},no-rx=1", name)
                             : fmt::format("net_pcap_{}{}", name, arguments);
  }
};

/// A capture, and the realm from which its packets arrive.
struct RealmInput {
  RealmId realm;
  std::filesystem::path named;  ///< as the user did
  ReplayInput capture;
};

Result<std::vector<RealmInput>> open_inputs(const ApplianceFiles& files,
                                            const std::vector<RealmFile>& arguments) {
  std::vector<RealmInput> inputs;
  for (const RealmFile& argument : arguments) {
    const Result<RealmId> realm = find_realm(files.config, argument);
    if (!realm) {
      return realm.error();
    }
    Result<ReplayInput> capture =
        ReplayInput::open(argument.file, OwnFrames(files.table, *realm), argument.realm);
    if (!capture) {
      return capture.error();
    }
    inputs.push_back({*realm, argument.file, *std::move(capture)});
  }
  return inputs;
}

Result<std::vector<ReplayOutput>> open_outputs(const Config& config,
                                               const std::vector<RealmInput>& inputs,
                                               const std::vector<RealmFile>& arguments) {
  std::set<std::filesystem::path> used;
  for (const RealmInput& input : inputs) {
    used.insert(std::filesystem::weakly_canonical(input.named));
  }
  std::vector<ReplayOutput> outputs;
  for (const RealmFile& argument : arguments) {
    const Result<RealmId> realm = find_realm(config, argument);
    if (!realm) {
      return realm.error();
    }
    if (!used.insert(std::filesystem::weakly_canonical(argument.file)).second) {
      return input_error(fmt::format("{}: this output is also an input or another output",
                                     argument.file.string()));
    }
    Result<ReplayOutput> output = ReplayOutput::open(argument.file, *realm);
    if (!output) {
      return output.error();
    }
    outputs.push_back(*std::move(output));
  }
  return outputs;
}

/// Puts the captures in place of the configured devices.
Status use_captures(Config& config, const std::vector<RealmInput>& inputs,
                    const std::vector<ReplayOutput>& outputs) {
  std::vector<LabDevice> devices;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    devices.push_back({.name = std::to_string(i), .arguments = {}});
  }
  for (const RealmInput& input : inputs) {
    const Status status = devices[input.realm].add("rx_pcap", input.named, input.capture.file());
    if (!status) {
      return status;
    }
  }
  for (const ReplayOutput& output : outputs) {
    const Status status =
        devices[output.realm()].add("tx_pcap", output.named(), output.device_file());
    if (!status) {
      return status;
    }
  }
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    config.ports[i].device = devices[i].device();
    config.ports[i].gateway_mac = config.ports[i].gateway_mac.value_or(kLabNextHop);
  }
  return Done{};
}

/// Outputs are written as the inputs are: as pcapng where one is that, with nanoseconds where one
/// has them.
CaptureFormat format_of(const std::vector<RealmInput>& inputs) {
  CaptureFormat format = CaptureFormat::kPcap;
  for (const RealmInput& input : inputs) {
    format = std::max(format, input.capture.format());
  }
  return format;
}

Status finish_outputs(const std::vector<ReplayOutput>& outputs, const Config& config,
                      const std::vector<RealmInput>& inputs,
                      const std::vector<std::vector<PacketOrigin>>& origins) {
  const auto input_of = [&](RealmId realm) {
    const auto found = std::ranges::find(inputs, realm, &RealmInput::realm);
    return found == inputs.end() ? nullptr : &found->capture;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& realm = config.ports[outputs[i].realm()].realm;
    const Status finished = outputs[i].finish(origins[i], format_of(inputs), realm, input_of);
    if (!finished) {
      return finished;
    }
  }
  return Done{};
}

/// The summary, once every packet of every input is done.
Result<std::string> replay(const ReplayArguments& arguments) {
  Result<ApplianceFiles> files = load_appliance(arguments.config_file, Signatures::kIgnored);
  if (!files) {
    return files.error();
  }
  Config& config = files->config;
  const Result<std::vector<RealmInput>> inputs = open_inputs(*files, arguments.inputs);
  if (!inputs) {
    return inputs.error();
  }
  const auto outputs = open_outputs(config, *inputs, arguments.outputs);
  if (!outputs) {
    return outputs.error();
  }
  if (const Status status = use_captures(config, *inputs, *outputs); !status) {
    return status.error();
  }
  std::uint64_t expected = 0;
  std::uint64_t left_out = 0;
  for (const RealmInput& input : *inputs) {
    expected += input.capture.packets();
    left_out += input.capture.left_out();
    if (!input.capture.warning().empty()) {
      fmt::print(stderr, "{}\n", input.capture.warning());
    }
  }

  CounterSums sums;
  std::vector<std::vector<PacketOrigin>> origins;
  {
    const auto replay = Replay::create(config, files->table);
    if (!replay) {
      return replay.error();
    }
    (*replay)->drain();
    sums = (*replay)->counters();
    for (const ReplayOutput& output : *outputs) {
      origins.push_back((*replay)->take_origins(output.realm()));
    }
  }  // closing the ports completes net_pcap's files
  if (sums.received != expected) {
    return system_error(
        fmt::format("only {} of the inputs' {} packets could be read", sums.received, expected));
  }
  if (const Status status = finish_outputs(*outputs, config, *inputs, origins); !status) {
    return status.error();
  }
  if (left_out > 0) {
    fmt::print(stderr,
               "{} of the inputs' frames left out: natto itself had sent them, or they came from "
               "another realm\n",
               left_out);
  }
  return arguments.json ? summary_json(sums, config.ports) : summary_text(sums, config.ports);
}

/// CLI11 check for REALM=FILE.
std::string must_be_realm_file(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  const bool right = equals != std::string::npos && equals > 0 && equals + 1 < argument.size();
  return right ? "" : "write REALM=FILE, not " + argument;
}

void add_files(CLI::App& command, const char* name, std::vector<RealmFile>& files,
               const char* help) {
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [&files](const std::vector<std::string>& arguments) {
            for (const std::string& argument : arguments) {
              const std::size_t equals = argument.find('=');
              files.push_back({argument.substr(0, equals), argument.substr(equals + 1)});
            }
          },
          help)
      ->type_name("REALM=FILE")
      ->check(CLI::Validator(must_be_realm_file, ""))
      ->take_all();
}

}  // namespace

void add_replay(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "replay",
      "Translate captures: the same data plane, without root, hugepages or a network card");
  command->footer(
      "Does not touch the configured devices. Ports without gateway_mac send to "
      "02:00:00:00:00:fe,\n"
      "which is made up. The packets of one input keep their order. Frames that natto itself had\n"
      "sent, where the capture has them, are left out; what natto capture wrote is an input of "
      "each\n"
      "realm in it.\n"
      "Example: natto replay -c conf/two-arm/natto.toml --in company-a=a.pcap --out "
      "company-b=b.pcap");
  const auto arguments = std::make_shared<ReplayArguments>();
  add_config_option(*command, arguments->config_file)->required();
  add_files(
      *command, "--in", arguments->inputs,
      "packets that arrive from a realm: pcap or pcapng, also compressed, - for standard input, "
      "FILE#eth0 for one interface of several; repeatable");
  add_files(
      *command, "--out", arguments->outputs,
      "file for the packets that leave towards a realm, in the format of the inputs; repeatable");
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return replay(*arguments); }; });
}

}  // namespace natto
