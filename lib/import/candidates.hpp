#pragma once

// Which translations of a rule set name the same two addresses, and where the hosts are.

#include <string>
#include <string_view>
#include <vector>

#include "import/analysis.hpp"
#include "import/rules.hpp"

namespace natto::old_rules {

struct Candidate {
  Ipv4Prefix real;
  Ipv4Prefix mapped;
  std::vector<const Rule*> to_real = {};    ///< translate the destination
  std::vector<const Rule*> to_mapped = {};  ///< translate the source
  std::string name = {};                    ///< of a comment, or stated; may be empty
  std::string place = {};                   ///< of a stated mapping
  std::string interface = {};               ///< behind which the host is; empty: not told
  std::string realm = {};                   ///< of the interface
  std::string question = {};                ///< why it cannot be carried as it is
};

/// Rules that translate, but not as a mapping does, become remarks.
[[nodiscard]] std::vector<Candidate> candidates_of(const Ruleset& rules, const Realms& realms,
                                                   std::vector<Remark>& not_carried);

/// `text` as a name of the table: other characters become dashes. May be empty.
[[nodiscard]] std::string fit_name(std::string_view text);

}  // namespace natto::old_rules
