#include "table/table_signatures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "config/toml/source_text.hpp"
#include "config/values.hpp"
#include "signature/ssh_signature.hpp"

namespace natto {
namespace {

void add_line(std::string& lines, std::string_view line) {
  lines += lines.empty() ? "" : "\n";
  lines += line;
}

}  // namespace

std::filesystem::path signature_file(const std::filesystem::path& table, std::string_view party) {
  return fmt::format("{}.{}.sig", table.string(), party);
}

std::set<std::string> parties_beside(const std::filesystem::path& table,
                                     const std::set<std::string>& known) {
  constexpr std::string_view kEnding = ".sig";
  const std::string beginning = table.filename().string() + ".";
  const std::filesystem::path folder = table.has_parent_path() ? table.parent_path() : ".";
  std::set<std::string> parties;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(beginning) && name.ends_with(kEnding) &&
        name.size() > beginning.size() + kEnding.size()) {
      std::string party =
          name.substr(beginning.size(), name.size() - beginning.size() - kEnding.size());
      if (known.contains(party) || party.find('.') == std::string::npos) {
        parties.insert(std::move(party));
      }
    }
  }
  return parties;
}

Result<std::vector<ssh::AllowedSigner>> load_signers(const std::filesystem::path& file) {
  const Result<std::string> text = read_bounded_file(file, ssh::kMostSignersBytes);
  if (!text) {
    return input_error(fmt::format("{}: {}; it has the keys that may sign the table", file.string(),
                                   text.error().message));
  }
  return ssh::parse_allowed_signers(*text, file);
}

std::optional<Result<ssh::GoodSignature>> signature_of(
    std::string_view party, const std::filesystem::path& table, std::string_view content,
    const std::vector<ssh::AllowedSigner>& signers, WallTime now) {
  const std::filesystem::path file = signature_file(table, party);
  std::error_code error;
  if (std::filesystem::symlink_status(file, error).type() ==
      std::filesystem::file_type::not_found) {
    return std::nullopt;
  }
  const Result<std::string> bytes = read_bounded_file(file, ssh::kMostSignatureBytes);
  Result<ssh::GoodSignature> verdict =
      bytes ? ssh::verify(signers, party, content, *bytes, now) : bytes.error();
  if (!verdict) {
    return input_error(
        fmt::format("{}: the signature of {} {}", file.string(), party, verdict.error().message));
  }
  return verdict;
}

std::string missing_signature(std::string_view party, const std::filesystem::path& table) {
  return fmt::format(
      "{0}: {1} has not signed the table; have it signed: natto sign --party {1} --key KEY {2}",
      signature_file(table, party).string(), party, table.string());
}

// Of each key only one signature counts: who has one key, or a line for everybody, is one party.
std::string same_key(const std::vector<ssh::GoodSignature>& signatures,
                     const std::filesystem::path& table) {
  for (auto second = signatures.begin(); second != signatures.end(); ++second) {
    const auto first = std::ranges::find(signatures, second->key, &ssh::GoodSignature::key);
    if (first != second) {
      return fmt::format(
          "{}: the signature of {} is by the same key as that of {}; each party signs with a key "
          "of its own",
          signature_file(table, second->party).string(), second->party, first->party);
    }
  }
  return "";
}

TableSignatures check_signatures(std::string_view content, const Config& config, WallTime now) {
  TableSignatures found;
  if (!config.table.signers) {
    return found;
  }
  const Result<std::vector<ssh::AllowedSigner>> signers = load_signers(*config.table.signers);
  if (!signers) {
    found.errors = signers.error().message;
    return found;
  }
  for (const std::string& party : config.table.require) {
    const auto signature = signature_of(party, config.table_file, content, *signers, now);
    if (!signature) {
      add_line(found.errors, missing_signature(party, config.table_file));
    } else if (!*signature) {
      add_line(found.errors, signature->error().message);
    } else {
      found.good.push_back(**signature);
    }
  }
  if (const std::string twice = same_key(found.good, config.table_file); !twice.empty()) {
    add_line(found.errors, twice);
  }
  // Others' are told, and decide nothing.
  for (const std::string& party : ssh::named_principals(*signers)) {
    if (std::ranges::find(config.table.require, party) != config.table.require.end() ||
        !is_party(party)) {
      continue;
    }
    const auto signature = signature_of(party, config.table_file, content, *signers, now);
    if (signature && *signature) {
      found.good.push_back(**signature);
    } else if (signature) {
      found.warnings.push_back(signature->error().message);
    }
  }
  return found;
}

}  // namespace natto
