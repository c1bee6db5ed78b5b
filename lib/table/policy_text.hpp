#pragma once

#include <string>
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

/// What two policies that mean the same have alike, a line each: `policy<TAB>default`, then
/// `allow<TAB>name<TAB>rule` and `limit<TAB>name<TAB>limit` in ascending order. None if there is no
/// policy.
[[nodiscard]] std::vector<std::string> policy_lines(const PolicyRules& rules, const Config& config);

/// [policy], [[allow]] and [[limit]] as a mapping file has them; empty if there are none.
[[nodiscard]] std::string policy_file_text(const PolicyRules& rules, const Config& config);

}  // namespace natto
