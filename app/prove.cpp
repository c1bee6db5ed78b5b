#include "prove.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "base/file_error.hpp"
#include "base/write_all.hpp"
#include "captures/temporary_file.hpp"
#include "import/candidates.hpp"
#include "import/walk.hpp"
#include "proof/proof.hpp"
#include "table/loader.hpp"
#include "table_realms.hpp"

namespace natto {
namespace {

/// That packets may come by, as the rules name them: with wildcards made into names.
std::set<std::string> interfaces_in(const old_rules::Ruleset& rules) {
  std::set<std::string> names;
  for (const old_rules::Chain& chain : rules.chains) {
    for (const old_rules::Rule& rule : chain.rules) {
      for (const old_rules::Match& match : rule.matches) {
        for (std::string name : match.names) {
          if (name.ends_with('+') || name.ends_with('*')) {
            name.back() = '0';
          }
          if (!old_rules::is_machines_own(name)) {
            names.insert(std::move(name));
          }
        }
      }
    }
  }
  return names;
}

/// Realm -> the interface by which the rules know it: as the user said, as it is called, or where
/// there is one of each.
std::map<std::string, std::string> interfaces_of(const Config& config,
                                                 const old_rules::Ruleset& rules,
                                                 const old_rules::Realms& realms) {
  constexpr const char* kNoMatter = "natto0";  // the rules do not ask
  const std::set<std::string> known = interfaces_in(rules);
  std::map<std::string, std::string> chosen;
  for (const PortConfig& port : config.ports) {
    for (const auto& [interface, realm] : realms) {
      if (realm == port.realm) {
        chosen.try_emplace(realm, interface);
      }
    }
    for (const std::string& interface : known) {
      if (old_rules::fit_name(interface) == port.realm) {
        chosen.try_emplace(port.realm, interface);
      }
    }
    chosen.try_emplace(port.realm, config.ports.size() > 1 ? port.realm
                                   : known.empty()         ? kNoMatter
                                                           : *known.begin());
  }
  return chosen;
}

}  // namespace

Result<std::string> prove_rules(const ProofArguments& arguments, const std::string& text,
                                const old_rules::Ruleset& rules, const old_rules::Realms& realms,
                                const std::string& imported) {
  std::filesystem::path file = arguments.table;
  std::optional<TemporaryFile> own;
  if (file.empty()) {
    Result<TemporaryFile> made = TemporaryFile::create();
    if (!made) {
      return made.error();
    }
    if (!write_all(made->descriptor(), imported)) {
      return file_error("write", "a temporary file");
    }
    own.emplace(*std::move(made));
    file = own->path();
  }
  const Result<Config> config = config_of_realms({file});
  if (!config) {
    return config.error();
  }
  const Result<MappingTable> table = load_mappings(file, *config);
  if (!table) {
    return table.error();
  }
  if (table->mappings.empty()) {
    return input_error("there is no mapping in the table, so nothing to prove");
  }
  const Result<proof::Outcome> outcome =
      proof::prove({.text = text,
                    .rules = rules,
                    .config = *config,
                    .table = *table,
                    .interfaces = interfaces_of(*config, rules, realms),
                    .packets = arguments.packets,
                    .seed = arguments.seed ? *arguments.seed : std::random_device()(),
                    .differing = arguments.differing});
  if (!outcome) {
    return input_error("not proven: " + outcome.error().message);
  }
  if (outcome->differs) {
    std::fputs(outcome->text.c_str(), stdout);
    return Error{ErrorKind::kNotSent, ""};
  }
  return outcome->text;
}

}  // namespace natto
