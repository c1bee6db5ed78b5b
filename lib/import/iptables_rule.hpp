#pragma once

// One rule of iptables: the words behind the chain's name.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "import/rules.hpp"

namespace natto::old_rules {

/// Addresses of IP sets by name, as `ipset save` has them.
using IpSets = std::map<std::string, std::vector<Range>, std::less<>>;

/// What is not known becomes a match or target that says so. `chain_index`: of a chain of the same
/// table, which need not exist yet.
[[nodiscard]] Rule iptables_rule(
    std::span<const std::string> words, const IpSets& sets,
    const std::function<std::uint32_t(const std::string&)>& chain_index);

}  // namespace natto::old_rules
