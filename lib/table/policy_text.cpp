#include "table/policy_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "packet/protocol_names.hpp"

namespace natto {
namespace {

std::vector<std::string> names(const std::vector<Endpoint>& side, const Config& config) {
  std::vector<std::string> all;
  for (const Endpoint& endpoint : side) {
    all.push_back(to_string(endpoint, config));
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string side_text(const std::vector<Endpoint>& side, const Config& config) {
  return side.empty() ? "everybody" : fmt::format("{}", fmt::join(names(side, config), ","));
}

std::vector<std::string> port_names(const std::vector<PortRange>& ports) {
  std::vector<std::string> all;
  for (const PortRange& range : ports) {
    all.push_back(range.first == range.last ? fmt::format("{}", range.first)
                                            : fmt::format("{}-{}", range.first, range.last));
  }
  return all;
}

/// A basic string: TOML 1.0. There are no control characters.
std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  }
  return quoted + '"';
}

/// `["a", "b"]`. What is in it needs no escape.
std::string toml_array(const std::vector<std::string>& texts) {
  return fmt::format("[\"{}\"]", fmt::join(texts, "\", \""));
}

}  // namespace

std::string to_string(const Endpoint& endpoint, const Config& config) {
  const std::string& realm = config.ports[endpoint.realm].realm;
  switch (endpoint.kind) {
    case Endpoint::Kind::kMapping:
      return endpoint.name;
    case Endpoint::Kind::kRealm:
      return "realm:" + realm;
    case Endpoint::Kind::kPrefix:
      return fmt::format("{}:{}", realm, to_string(endpoint.prefix));
  }
  return "";
}

std::string ports_text(const std::vector<PortRange>& ports) {
  return fmt::format("{}", fmt::join(port_names(ports), ","));
}

std::string services_text(const AllowRule& rule) {
  std::vector<std::string> protocols;
  for (const std::uint8_t protocol : rule.protocols) {
    protocols.push_back(protocol_name(protocol));
  }
  return fmt::format(
      "{}{}", protocols.empty() ? "every protocol" : fmt::format("{}", fmt::join(protocols, ",")),
      rule.ports.empty() ? "" : " " + ports_text(rule.ports));
}

std::string to_string(const AllowRule& rule, const Config& config) {
  return fmt::format("{} {} {}: {}", side_text(rule.from, config), rule.between ? "<->" : "->",
                     side_text(rule.to, config), services_text(rule));
}

std::string to_string(const LimitRule& limit, const Config& config) {
  std::vector<std::string> rates;
  if (limit.packets_per_second != 0) {
    rates.push_back(fmt::format("{} packets/s", limit.packets_per_second));
  }
  if (limit.bits_per_second != 0) {
    rates.push_back(fmt::format("{} bit/s", limit.bits_per_second));
  }
  return fmt::format("{} -> {}: {}, burst {} ms", side_text(limit.from, config),
                     side_text(limit.to, config), fmt::join(rates, " and "), limit.burst_ms);
}

std::string default_text(const PolicyRules& rules) {
  return fmt::format("{}, {}", rules.denies ? "deny" : "allow",
                     rules.answers ? "answered as prohibited" : "not answered");
}

std::vector<PolicyPart> policy_parts(const PolicyRules& rules, const Config& config) {
  std::vector<PolicyPart> parts;
  if (rules.empty()) {
    return parts;
  }
  for (const AllowRule& rule : rules.allow) {
    parts.push_back({.kind = "allow", .name = rule.name, .text = to_string(rule, config)});
  }
  for (const LimitRule& limit : rules.limits) {
    parts.push_back({.kind = "limit", .name = limit.name, .text = to_string(limit, config)});
  }
  std::ranges::sort(parts);
  parts.insert(parts.begin(), {.kind = "policy", .name = {}, .text = default_text(rules)});
  return parts;
}

std::string to_line(const PolicyPart& part) {
  return part.name.empty() ? fmt::format("{}\t{}", part.kind, part.text)
                           : fmt::format("{}\t{}\t{}", part.kind, part.name, part.text);
}

std::string policy_file_text(const PolicyRules& rules, const Config& config) {
  std::string text;
  const auto add = [&text](auto format, const auto&... values) {
    fmt::format_to(std::back_inserter(text), fmt::runtime(format), values...);
  };
  const auto add_side = [&](std::string_view key, const std::vector<Endpoint>& side) {
    if (!side.empty()) {
      add("{} = {}\n", key, toml_array(names(side, config)));
    }
  };
  if (rules.empty()) {
    return text;
  }
  add("\n[policy]\ndefault = \"{}\"\nanswer = \"{}\"\n", rules.denies ? "deny" : "allow",
      rules.answers ? "prohibited" : "drop");
  for (const AllowRule& rule : rules.allow) {
    add("\n[[allow]]\nname = \"{}\"\n", rule.name);
    if (rule.between) {
      add("between = [\"{}\", \"{}\"]\n", to_string(rule.from[0], config),
          to_string(rule.to[0], config));
    } else {
      add_side("from", rule.from);
      add_side("to", rule.to);
    }
    if (!rule.protocols.empty()) {
      add("protocol = [{}]\n", fmt::join(rule.protocols, ", "));
    }
    if (!rule.ports.empty()) {
      add("ports = {}\n", toml_array(port_names(rule.ports)));
    }
  }
  for (const LimitRule& limit : rules.limits) {
    add("\n[[limit]]\nname = {}\n", toml_string(limit.name));
    add_side("from", limit.from);
    add_side("to", limit.to);
    if (limit.packets_per_second != 0) {
      add("packets_per_second = {}\n", limit.packets_per_second);
    }
    if (limit.bits_per_second != 0) {
      add("bits_per_second = {}\n", limit.bits_per_second);
    }
    add("burst_ms = {}\n", limit.burst_ms);
  }
  return text;
}

}  // namespace natto
