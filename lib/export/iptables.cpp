#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "export/formats.hpp"

namespace natto::exports {
namespace {

/// -m multiport takes 15 ports, and a range is two.
std::vector<std::string> multiport_lists(const std::vector<PortRange>& ports) {
  constexpr std::size_t kMost = 15;
  std::vector<std::string> lists;
  std::size_t room = 0;
  for (const PortRange& range : ports) {
    const bool single = range.first == range.last;
    const std::size_t takes = single ? 1 : 2;
    const std::string text =
        single ? fmt::format("{}", range.first) : fmt::format("{}:{}", range.first, range.last);
    if (room < takes) {
      lists.push_back(text);
      room = kMost - takes;
    } else {
      lists.back() += "," + text;
      room -= takes;
    }
  }
  return lists;
}

std::string iptables_target(const FilterRule& rule) {
  const bool network = rule.to.length != 32;
  switch (rule.does) {
    case FilterRule::Does::kAccept:
      return "ACCEPT";
    case FilterRule::Does::kReject:
      return "REJECT --reject-with icmp-admin-prohibited";
    case FilterRule::Does::kJump:
      return rule.chain;
    case FilterRule::Does::kToReal:
      return network ? "NETMAP --to " + to_cidr(rule.to)
                     : "DNAT --to-destination " + to_string(rule.to);
    case FilterRule::Does::kToMapped:
      return network ? "NETMAP --to " + to_cidr(rule.to) : "SNAT --to-source " + to_string(rule.to);
  }
  return "";
}

void add_iptables_rule(std::string& text, std::string_view chain, const FilterRule& rule) {
  std::string line = fmt::format("-A {}", chain);
  const auto add = [&line](std::string_view option, const std::string& value) {
    fmt::format_to(std::back_inserter(line), " {} {}", option, value);
  };
  if (rule.source) {
    add("-s", to_cidr(*rule.source));  // as iptables-save does
  }
  if (rule.destination) {
    add("-d", to_cidr(*rule.destination));
  }
  if (rule.in) {
    add("-i", *rule.in);
  }
  if (rule.out) {
    add("-o", *rule.out);
  }
  if (rule.asks == FilterRule::Asks::kFollows) {
    add("-m", "conntrack --ctstate RELATED,ESTABLISHED");
  } else if (rule.asks == FilterRule::Asks::kTranslated) {
    add("-m", "conntrack --ctstate DNAT");
  }
  std::string end;
  if (!rule.comment.empty()) {
    end = fmt::format(" -m comment --comment \"{}\"", rule.comment);
  }
  end += fmt::format(" -j {}\n", iptables_target(rule));
  if (!rule.service) {
    text += line + end;
    return;
  }
  add("-p", std::to_string(rule.service->protocol));
  if (rule.service->ports.empty()) {
    text += line + end;
  }
  for (const std::string& ports : multiport_lists(rule.service->ports)) {
    text += fmt::format("{} -m multiport --dports {}{}", line, ports, end);
  }
}

}  // namespace

std::string iptables_text(const FilterRules& rules, const std::string& title) {
  std::string text = fmt::format("# {}\n# Load it with iptables-restore.\n", title);
  for (const std::string& note : rules.notes) {
    text += fmt::format("# note: {}\n", note);
  }
  text +=
      "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
      ":POSTROUTING ACCEPT [0:0]\n";
  const auto add = [&text](std::string_view chain, const std::vector<FilterRule>& all) {
    for (const FilterRule& rule : all) {
      add_iptables_rule(text, chain, rule);
    }
  };
  add("PREROUTING", rules.prerouting);
  add("POSTROUTING", rules.postrouting);
  text += "COMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n";
  if (rules.allowed) {
    text += fmt::format(":{} - [0:0]\n", FilterRules::kAllowed);
  }
  text += fmt::format(":{} - [0:0]\n", FilterRules::kReceivers);
  add("FORWARD", rules.forward);
  if (rules.allowed) {
    add(FilterRules::kAllowed, *rules.allowed);
  }
  add(FilterRules::kReceivers, rules.receivers);
  return text + "COMMIT\n";
}

}  // namespace natto::exports
