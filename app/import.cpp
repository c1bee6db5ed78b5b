#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

#include "commands.hpp"
#include "config/values.hpp"
#include "import/analysis.hpp"
#include "import/parsers.hpp"
#include "import/writer.hpp"
#include "proof/proof.hpp"
#include "prove.hpp"

namespace natto {
namespace {

using old_rules::Dialect;

struct ImportArguments {
  std::filesystem::path file;
  std::optional<Dialect> dialect;
  old_rules::Realms realms;
  ProofArguments proof;
};

const std::map<std::string, Dialect> kDialects = {{"iptables", Dialect::kIptables},
                                                  {"nft", Dialect::kNft},
                                                  {"csv", Dialect::kCsv},
                                                  {"tgw", Dialect::kTgw}};

Result<std::string> input_of(const std::filesystem::path& file) {
  if (file == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), {});
  }
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  if (!(content << stream.rdbuf()) && !stream.eof()) {
    return input_error(fmt::format("cannot read {}", file.string()));
  }
  return content.str();
}

/// The table on standard output, the report on standard error.
Result<std::string> import_rules(const ImportArguments& arguments) {
  const Result<std::string> text = input_of(arguments.file);
  if (!text) {
    return text.error();
  }
  const std::string source = arguments.file == "-" ? "standard input" : arguments.file.string();
  const auto located = [&](const Error& error) {
    return Error{error.kind, fmt::format("{}: {}", source, error.message)};
  };
  const Result<old_rules::Ruleset> rules = old_rules::read_rules(*text, arguments.dialect);
  if (!rules) {
    return located(rules.error());
  }
  if (arguments.proof.wanted && !arguments.proof.table.empty()) {
    return prove_rules(arguments.proof, *text, *rules, arguments.realms, "");
  }
  const Result<old_rules::ImportedTable> table = old_rules::analyse(*rules, arguments.realms);
  if (!table) {
    return located(table.error());
  }
  std::fputs(old_rules::report_text(*table).c_str(), stderr);
  std::string written = old_rules::table_text(*table, source);
  if (arguments.proof.wanted) {
    return prove_rules(arguments.proof, *text, *rules, arguments.realms, written);
  }
  if (!table->complete()) {
    std::fputs(written.c_str(), stdout);
    return Error{ErrorKind::kNotSent, ""};
  }
  return written;
}

/// CLI11 check for IF=NAME.
std::string must_name_realm(const std::string& argument) {
  constexpr std::size_t kLongest = 32;
  const std::size_t equals = argument.find('=');
  const bool right = equals != std::string::npos && equals > 0 && equals + 1 < argument.size();
  if (!right) {
    return "write INTERFACE=NAME, not " + argument;
  }
  return is_name(argument.substr(equals + 1), {1, kLongest})
             ? ""
             : argument.substr(equals + 1) + " is no realm's name: up to 32 of A-Z a-z 0-9 _ . -";
}

}  // namespace

void add_import(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "import", "Make a mapping table of iptables or nftables rules, CSV or Transit Gateway NAT");
  command->footer(
      "Takes iptables-save, iptables -S, scripts of iptables commands (nothing is run), with them "
      "ipset\n"
      "save; nft -j list ruleset; CSV with the columns real and mapped; the JSON of aws ec2\n"
      "get-transit-gateway-attachment-nat-configuration. The table goes to standard output, a "
      "report to\n"
      "standard error. It opens no more than the rules did; what is not certain is commented out, "
      "with\n"
      "the question to answer.\n"
      "Exit codes: 0 all was carried over, 4 in part, 1 the input cannot be read; with --prove: 0\n"
      "none differs, 4 some do, 1 these cannot be tried. --prove takes what iptables-save or nft "
      "-j "
      "list\n"
      "ruleset prints, and runs iptables-restore (with sets ipset), nft and ip; no root is "
      "needed.\n"
      "Example: iptables-save | natto import --realm eth1=company-a --realm eth2=company-b - > "
      "mappings.toml");
  const auto arguments = std::make_shared<ImportArguments>();
  command->add_option("file", arguments->file, "the rules; - is standard input")
      ->type_name("FILE")
      ->required();
  command
      ->add_option_function<std::string>(
          "--from",
          [arguments](const std::string& name) { arguments->dialect = kDialects.at(name); },
          "what the rules are; default: as they look")
      ->check(CLI::IsMember(kDialects));
  command
      ->add_option_function<std::vector<std::string>>(
          "--realm",
          [arguments](const std::vector<std::string>& all) {
            for (const std::string& one : all) {
              const std::size_t equals = one.find('=');
              arguments->realms[one.substr(0, equals)] = one.substr(equals + 1);
            }
          },
          "the realm behind an interface (or a Transit Gateway's attachment); repeatable")
      ->type_name("INTERFACE=NAME")
      ->check(CLI::Validator(must_name_realm, ""))
      ->take_all();
  ProofArguments& proving = arguments->proof;
  CLI::Option* prove = command->add_flag(
      "--prove", proving.wanted,
      "try the rules beside the table with random packets, in a network namespace of its own, and "
      "print how they differ in place of the table");
  command->add_option("--table", proving.table, "the table to try, in place of the imported one")
      ->type_name("FILE")
      ->needs(prove);
  command->add_option("--packets", proving.packets, "how many packets")
      ->check(CLI::Range(10U, proof::kMostPackets))
      ->capture_default_str()
      ->needs(prove);
  command->add_option("--seed", proving.seed, "of the random packets; default: a new one")
      ->type_name("N")
      ->needs(prove);
  command
      ->add_option("--differing", proving.differing,
                   "where to write the packets that differ, for natto replay (pcapng)")
      ->type_name("FILE")
      ->needs(prove);
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return import_rules(*arguments); }; });
}

}  // namespace natto
