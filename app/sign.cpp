#include <fmt/format.h>

#include <filesystem>

#include "base/replace_file.hpp"
#include "child.hpp"
#include "commands.hpp"
#include "config/toml/source_text.hpp"
#include "config/values.hpp"
#include "lines.hpp"
#include "signature/public_key.hpp"
#include "signature/ssh_signature.hpp"
#include "table/loader.hpp"
#include "table/mapping_file.hpp"
#include "table/table_digest.hpp"
#include "table/table_signatures.hpp"
#include "table_realms.hpp"

namespace natto {
namespace {

struct SignArguments {
  std::filesystem::path table;
  std::filesystem::path key;
  std::string party;
};

/// As natto reads it: whoever signs may have no natto.toml.
Result<MappingTable> table_of(const std::string& bytes, const std::filesystem::path& file) {
  const Result<Config> config = config_of_realms({file});
  if (!config) {
    return config.error();
  }
  KnownPorts ports;
  for (const PortConfig& port : config->ports) {
    ports.ports.push_back({.realm = port.realm, .address = {}, .gateway = {}, .leads_on = false});
  }
  Diagnostics diagnostics(file);
  MappingTable table = parse_mapping_file(bytes, file, ports, diagnostics);
  if (diagnostics.empty() && !table.serial) {
    diagnostics.add(Position{},
                    "a table that is signed needs a number; write serial = 1 above the first "
                    "section, one more than in the last table that was agreed on");
  }
  return diagnostics.empty() ? Result<MappingTable>(std::move(table))
                             : input_error(diagnostics.render());
}

/// Type and fingerprint.
std::string name_of(const ssh::PublicKey& key) {
  return fmt::format("{} ({})", key.type(), key.fingerprint());
}

/// By which key the signature is that is in `file`, good or not; empty if there is none.
std::string signer_of(const std::filesystem::path& file) {
  const Result<std::string> text = read_bounded_file(file, ssh::kMostSignatureBytes);
  const Result<ssh::SshSignature> signature =
      text ? ssh::parse_ssh_signature(*text) : Result<ssh::SshSignature>(text.error());
  const Result<ssh::PublicKey> key =
      signature ? ssh::PublicKey::parse(signature->key) : signature.error();
  return key ? name_of(*key) : "";
}

Result<std::string> sign(const SignArguments& arguments) {
  const Result<std::string> bytes = read_file(arguments.table);
  if (!bytes) {
    return input_error(fmt::format("{}: {}", arguments.table.string(), bytes.error().message));
  }
  const Result<MappingTable> table = table_of(*bytes, arguments.table);
  if (!table) {
    return table.error();
  }
  const Result<ChildOutput> output =
      run_child({"ssh-keygen", "-q", "-Y", "sign", "-n", std::string(ssh::kTableNamespace), "-f",
                 arguments.key.string()},
                *bytes);
  if (!output) {
    return output.error();
  }
  if (output->status != 0) {
    return input_error(
        fmt::format("ssh-keygen did not sign with {}: it says why", arguments.key.string()));
  }
  const Result<ssh::SshSignature> signature = ssh::parse_ssh_signature(output->text);
  const Result<ssh::PublicKey> key =
      signature ? ssh::PublicKey::parse(signature->key) : signature.error();
  const Status fits =
      key ? key->verify(signature->signed_bytes(*bytes), signature->signature) : key.error();
  if (!fits) {
    return input_error(
        fmt::format("the signature by {} {}", arguments.key.string(), fits.error().message));
  }
  const std::filesystem::path file = signature_file(arguments.table, arguments.party);
  const std::string by = name_of(*key);
  const std::string before = signer_of(file);
  if (const Status written = replace_file(file, output->text, arguments.table); !written) {
    return written.error();
  }
  return fmt::format("{}: serial {}, signed as {} with {}{}\n", file.string(), *table->serial,
                     arguments.party, by,
                     before.empty() || before == by
                         ? ""
                         : fmt::format("\n  in place of the signature with {}", before));
}

}  // namespace

void add_sign(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "sign", "Sign a file of mappings as one of the parties, with a key of ssh");
  command->footer(
      "The signature is written beside the table, with its rights: TABLE.PARTY.sig. ssh-keygen "
      "makes\n"
      "it and asks for what the key needs, a passphrase or a touch. With a public key (.pub) the\n"
      "agent signs. The signature is of the file's bytes: whoever changes a comment afterwards "
      "signs\n"
      "again.\n"
      "Example: natto sign --party company-a --key ~/.ssh/id_ed25519 mappings.toml");
  const auto arguments = std::make_shared<SignArguments>();
  command->add_option("table", arguments->table, "the table")->type_name("TABLE")->required();
  command
      ->add_option("--party", arguments->party,
                   "who signs: the principal of the key in the file of allowed signers")
      ->type_name("PARTY")
      ->check([](const std::string& name) {
        return is_party(name) ? "" : "a party is named by at most 64 of A-Z a-z 0-9 _ . - @ +";
      })
      ->required();
  command->add_option("--key", arguments->key, "the key, private or public")
      ->type_name("KEY")
      ->required();
  command->callback([arguments, &chosen] { chosen = [arguments] { return sign(*arguments); }; });
}

}  // namespace natto
