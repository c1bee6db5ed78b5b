#include <fmt/format.h>

#include <cstdio>

#include "api/client.hpp"
#include "commands.hpp"
#include "doctor/device_checks.hpp"
#include "doctor/examination.hpp"
#include "doctor/instance_metadata.hpp"
#include "doctor/machine.hpp"
#include "dpdk/devargs.hpp"
#include "runtime/memory_plan.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

struct DoctorArguments {
  std::filesystem::path config_file;
  std::filesystem::path network_interfaces;
  std::filesystem::path security_groups;
  bool instance_metadata = false;
  bool json = false;
};

/// What `parse` makes of a file that `aws` wrote.
template <typename T>
Result<T> read_aws_file(const std::filesystem::path& file, Result<T> (*parse)(std::string_view)) {
  constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
  const auto json = read_file(file, kMaxBytes);
  if (!json) {
    return input_error(fmt::format("{}: cannot be read", file.string()));
  }
  Result<T> parsed = parse(*json);
  return parsed ? parsed
                : input_error(fmt::format("{}: {}", file.string(), parsed.error().message));
}

Result<AwsFacts> aws_facts(const DoctorArguments& arguments, bool on_ec2) {
  AwsFacts aws{
      .enis = {}, .why_no_enis = "not requested, and this is not EC2", .security_groups = {}};
  if (!arguments.network_interfaces.empty()) {
    auto enis = read_aws_file(arguments.network_interfaces, parse_network_interfaces);
    if (!enis) {
      return enis.error();
    }
    aws.enis = std::move(*enis);
  } else if (arguments.instance_metadata || on_ec2) {
    auto enis = ask_instance_metadata({});
    if (enis) {
      aws.enis = std::move(*enis);
    } else {
      aws.why_no_enis = enis.error().message;
    }
  }
  if (!arguments.security_groups.empty()) {
    auto groups = read_aws_file(arguments.security_groups, parse_security_groups);
    if (!groups) {
      return groups.error();
    }
    aws.security_groups = std::move(*groups);
  }
  return aws;
}

std::map<std::string, VethPeer> veth_peers(const Config& config) {
  std::map<std::string, VethPeer> peers;
  for (const PortConfig& port : config.ports) {
    const auto interface = find_interface(interface_of(port).value_or(""));
    if (const auto peer = interface ? find_veth_peer(*interface) : std::nullopt) {
      peers[port.realm] = *peer;
    }
  }
  return peers;
}

/// Of the natto at `socket`, or else of the one that runs here; none if nobody listens.
std::optional<RunningPorts> running_ports(const std::optional<std::filesystem::path>& socket) {
  Result<api::Client> natto = api::Client::connect(socket);
  if (natto) {
    auto received = natto->request(api::PortsRequest{});
    return received ? RunningPorts(std::move(received->report.ports)) : received.error();
  }
  switch (natto.error().kind) {
    case ErrorKind::kInput:
      return input_error("several nattos run here\nnatto show ports --socket PATH tells of each");
    case ErrorKind::kSystem:
      return std::nullopt;
    default:
      return natto.error();
  }
}

Result<Findings> examine_machine(const DoctorArguments& arguments) {
  const Tree tree("/");
  if (arguments.config_file.empty()) {
    return examine(tree, nullptr, nullptr, {}, running_ports({}));
  }
  Result<ApplianceFiles> appliance = load_appliance(arguments.config_file);
  if (!appliance) {
    return appliance.error();
  }
  const std::uint64_t memory_mib =
      memory_mib_needed(appliance->config, appliance->table.mappings.size());
  const std::size_t per_mib = mappings_per_mib(appliance->config.dpdk.lcores.size());
  const Needs needs{.appliance = std::move(*appliance),
                    .memory_mib = memory_mib,
                    .mappings_per_mib = per_mib,
                    .dpdk = running_dpdk_version()};
  const Result<AwsFacts> aws = aws_facts(arguments, read_machine(tree).on_ec2);
  if (!aws) {
    return aws.error();
  }
  const bool on_aws = aws->enis || needs.has_pci_devices();
  return examine(tree, &needs, on_aws ? &*aws : nullptr, veth_peers(needs.config()),
                 running_ports(needs.config().api.socket));
}

Result<std::string> doctor(const DoctorArguments& arguments) {
  const Result<Findings> findings = examine_machine(arguments);
  if (!findings) {
    return findings.error();
  }
  std::string report = arguments.json ? findings_json(*findings) : findings_text(*findings);
  if (has_wrong(*findings)) {
    std::fputs(report.c_str(), stdout);
    return input_error("");
  }
  return report;
}

}  // namespace

void add_doctor(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Check whether this machine can run natto, and say what to change");
  command->footer(
      "Changes nothing. As root it can check more, and a natto that runs is asked for its ports.\n"
      "The exit code is 1 if a finding is wrong, and 0 if there are only warnings or unseen ones.\n"
      "doc/doctor.md explains every check.\n"
      "Example: natto doctor -c conf/natto.toml");
  const auto arguments = std::make_shared<DoctorArguments>();
  CLI::Option* config = add_config_option(*command, arguments->config_file);
  command
      ->add_option("--network-interfaces", arguments->network_interfaces,
                   "the output of aws ec2 describe-network-interfaces")
      ->type_name("FILE")
      ->needs(config);
  command
      ->add_option("--security-groups", arguments->security_groups,
                   "the output of aws ec2 describe-security-groups")
      ->type_name("FILE")
      ->needs(config);
  command
      ->add_flag("--instance-metadata", arguments->instance_metadata,
                 "read the interfaces from EC2's instance metadata; on EC2 this is the default")
      ->needs(config);
  add_json_option(*command, arguments->json);
  command->callback([arguments, &chosen] { chosen = [arguments] { return doctor(*arguments); }; });
}

}  // namespace natto
