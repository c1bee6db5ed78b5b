#pragma once

// From rules to a table: which translations belong together, and what may pass between the hosts.
//
// Translations of a destination and of a source that name the same two addresses are a mapping. For
// each pair of mappings and each kind of service the rules are asked (walk.hpp) what they do with
// the first packet of a connection and with the answer. Only what they surely pass, translated as
// natto would, is allowed; so the table opens no more than the rules did.

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "import/rules.hpp"

namespace natto::old_rules {

struct ImportedMapping {
  std::string name;
  std::string realm;  ///< empty where the rules tell no interfaces apart
  Ipv4Prefix real;
  Ipv4Prefix mapped;
  std::vector<std::string> places;
  std::string question = {};  ///< not empty: what must be answered before it may count
};

struct ImportedRule {
  std::string name;
  std::vector<std::string> from;
  std::vector<std::string> to;
  bool between = false;
  std::vector<std::string> protocols = {};
  std::vector<std::string> ports = {};
  std::vector<std::string> places = {};
  std::string question = {};
};

struct ImportedTable {
  std::vector<ImportedMapping> mappings = {};
  bool has_policy = false;
  std::vector<ImportedRule> rules = {};
  std::vector<Remark> differences = {};
  std::vector<Remark> not_carried = {};
  std::vector<std::string> notes = {};

  [[nodiscard]] bool complete() const;
};

/// Interface or attachment -> realm, as the user named them.
using Realms = std::map<std::string, std::string, std::less<>>;

[[nodiscard]] Result<ImportedTable> analyse(const Ruleset& rules, const Realms& realms);

}  // namespace natto::old_rules
