#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "table/policy_rules.hpp"

namespace natto {

// A part of a policy in one line each, the same for whatever means the same: lists are in order.
// What differs in it differs in fact.

/// "a-app", "realm:company-a" or "company-a:10.1.8.16/28".
[[nodiscard]] std::string to_string(const Endpoint& endpoint, const Config& config);
/// "443,8000-8099"
[[nodiscard]] std::string ports_text(const std::vector<PortRange>& ports);
/// "tcp,udp 443,8000-8099", "every protocol": what a rule allows between its sides.
[[nodiscard]] std::string services_text(const AllowRule& rule);
/// "a-app -> b-orders,b-orders-2: tcp 443"; with <-> either side may open.
[[nodiscard]] std::string to_string(const AllowRule& rule, const Config& config);
/// "realm:company-b -> everybody: 500000 packets/s, burst 10 ms"
[[nodiscard]] std::string to_string(const LimitRule& limit, const Config& config);
/// "deny, answered as prohibited"
[[nodiscard]] std::string default_text(const PolicyRules& rules);

/// One of what a policy consists of.
struct PolicyPart {
  std::string_view kind;  ///< "allow", "limit", "policy"
  std::string name;       ///< of a rule or limit
  std::string text;       ///< what it says

  friend auto operator<=>(const PolicyPart&, const PolicyPart&) = default;
};
/// What two policies that mean the same have alike: the default, then the rules and the limits in
/// ascending order of their names. None if there is no policy.
[[nodiscard]] std::vector<PolicyPart> policy_parts(const PolicyRules& rules, const Config& config);
/// `policy<TAB>text`, `allow<TAB>name<TAB>text` or `limit<TAB>name<TAB>text`.
[[nodiscard]] std::string to_line(const PolicyPart& part);

/// [policy], [[allow]] and [[limit]] as a mapping file has them; empty if there are none.
[[nodiscard]] std::string policy_file_text(const PolicyRules& rules, const Config& config);

}  // namespace natto
