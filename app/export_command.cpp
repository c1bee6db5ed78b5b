#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>

#include "commands.hpp"
#include "export/exporter.hpp"
#include "table/loader.hpp"

namespace natto {
namespace {

struct ExportArguments {
  std::filesystem::path config_file = "natto.toml";
  std::string realm;
  exports::Options options;
};

const std::map<std::string, exports::Format> kFormats = {
    {"nft", exports::Format::kNft},         {"iptables", exports::Format::kIptables},
    {"csv", exports::Format::kCsv},         {"tgw", exports::Format::kTgw},
    {"hosts", exports::Format::kHosts},     {"route53", exports::Format::kRoute53},
    {"dnsmasq", exports::Format::kDnsmasq}, {"aws", exports::Format::kAws}};

/// What the format cannot say goes to standard error.
Result<std::string> export_files(const ExportArguments& arguments) {
  const Result<ApplianceFiles> files = load_appliance(arguments.config_file, Signatures::kIgnored);
  if (!files) {
    return files.error();
  }
  exports::Options options = arguments.options;
  const auto find_realm = [&](const std::string& name) -> Result<RealmId> {
    const auto realm = files->config.find_realm(name);
    return realm ? Result<RealmId>(*realm)
                 : input_error(fmt::format("there is no realm {} in {}", name,
                                           arguments.config_file.string()));
  };
  if (!arguments.realm.empty()) {
    const Result<RealmId> realm = find_realm(arguments.realm);
    if (!realm) {
      return realm.error();
    }
    options.realm = *realm;
  }
  for (const auto& [realm, interface] : options.interfaces) {
    if (const Result<RealmId> found = find_realm(realm); !found) {
      return found.error();
    }
  }
  const Result<exports::Exported> exported =
      exports::export_table(files->table, files->config, options);
  if (!exported) {
    return exported.error();
  }
  for (const std::string& note : exported->notes) {
    std::fputs(fmt::format("note: {}\n", note).c_str(), stderr);
  }
  return exported->text;
}

std::optional<exports::Shard> shard_of(const std::string& text) {
  constexpr unsigned kMostInstances = 256;
  unsigned index = 0;
  unsigned count = 0;
  int end = 0;
  const bool read = std::sscanf(text.c_str(), "%3u/%3u%n", &index, &count, &end) == 2 &&
                    static_cast<std::size_t>(end) == text.size();
  return read && index >= 1 && index <= count && count <= kMostInstances
             ? std::optional(exports::Shard{.index = index, .count = count})
             : std::nullopt;
}

/// CLI11 checks.
std::string must_be_shard(const std::string& argument) {
  return shard_of(argument) ? "" : "write N/M, instance N of M, like 1/3, not " + argument;
}
std::string must_name_interface(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  const bool right = equals != std::string::npos && equals > 0 && equals + 1 < argument.size();
  const bool plain = argument.find_first_of(" \t\n\"/", equals + 1) == std::string::npos;
  return right && plain ? "" : "write REALM=INTERFACE, not " + argument;
}

}  // namespace

void add_export(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "export", "Print the table as other programs take it: rules, lists, names, EC2's addresses");
  command->footer(
      "nft (for nft -j -f) and iptables (for iptables-restore) do the same, policy included; csv "
      "and\n"
      "tgw are the mappings; hosts, route53 and dnsmasq are names and rewritten answers\n"
      "(doc/dns.md); aws is what the ports' network interfaces need (doc/aws-addresses.md). What "
      "a\n"
      "format cannot say is told on standard error.\n"
      "Example: natto export -c natto.toml --to iptables > rules.txt");
  const auto arguments = std::make_shared<ExportArguments>();
  add_config_option(*command, arguments->config_file)->capture_default_str();
  command
      ->add_option_function<std::string>(
          "--to",
          [arguments](const std::string& name) { arguments->options.format = kFormats.at(name); },
          "how it is written")
      ->check(CLI::IsMember(kFormats))
      ->required();
  command->add_option("--realm", arguments->realm, "the mappings of this realm alone")
      ->type_name("REALM");
  command
      ->add_option("--domain", arguments->options.domain,
                   "the domain of the names, like b.example; of hosts, route53 and dnsmasq")
      ->type_name("DOMAIN");
  command
      ->add_option_function<std::vector<std::string>>(
          "--interface",
          [arguments](const std::vector<std::string>& all) {
            for (const std::string& one : all) {
              const std::size_t equals = one.find('=');
              arguments->options.interfaces[one.substr(0, equals)] = one.substr(equals + 1);
            }
          },
          "the interface of a realm in nft and iptables rules; repeatable; default: called as the "
          "realm")
      ->type_name("REALM=INTERFACE")
      ->check(CLI::Validator(must_name_interface, ""))
      ->take_all();
  command
      ->add_option_function<std::string>(
          "--shard",
          [arguments](const std::string& text) { arguments->options.shard = shard_of(text); },
          "what instance N of M has of aws's list")
      ->type_name("N/M")
      ->check(CLI::Validator(must_be_shard, ""));
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return export_files(*arguments); }; });
}

}  // namespace natto
