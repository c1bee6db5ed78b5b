#include "import/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "packet/flow.hpp"
#include "packet/protocol_names.hpp"

namespace natto::old_rules {
namespace {

/// The ranges between the places where some rule begins or ends.
std::vector<Range> between(const std::set<std::uint32_t>& cuts) {
  std::vector<Range> ranges;
  std::uint32_t first = 0;
  for (const std::uint32_t cut : cuts) {
    if (cut > first && cut <= 0xffff) {
      ranges.push_back({first, cut - 1});
      first = cut;
    }
  }
  ranges.push_back({first, 0xffff});
  return ranges;
}

std::string name_of_protocol(std::uint8_t protocol) {
  const std::string name = protocol_name(protocol);
  return name.starts_with("protocol ") ? name.substr(9) : name;
}

}  // namespace

Services services_of(const Ruleset& rules) {
  constexpr std::uint32_t kMostNamed = 16;  // a wider range of protocols names none
  std::set<std::uint32_t> protocols = {1, 6, 17};
  std::set<std::uint32_t> destination_cuts;
  std::set<std::uint32_t> source_cuts;
  for (const Chain& chain : rules.chains) {
    for (const Rule& rule : chain.rules) {
      for (const Match& match : rule.matches) {
        for (const Range& range : match.ranges) {
          if (match.field == Field::kProtocol && range.last - range.first < kMostNamed) {
            for (std::uint32_t p = range.first; p <= range.last; ++p) {
              protocols.insert(p);
            }
          } else if (match.field == Field::kDestinationPort) {
            destination_cuts.insert({range.first, range.last + 1});
          } else if (match.field == Field::kSourcePort) {
            source_cuts.insert({range.first, range.last + 1});
          }
        }
        const Target& target = rule.target;
        if (target.port) {
          destination_cuts.insert({*target.port, *target.port + 1U});
        }
      }
    }
  }
  Services services;
  for (const std::uint32_t protocol : protocols) {
    const auto number = static_cast<std::uint8_t>(protocol);
    for (const Range& ports :
         has_ports(number) ? between(destination_cuts) : std::vector<Range>{{}}) {
      services.all.push_back({.protocol = number, .ports = ports});
    }
  }
  std::uint8_t other = 254;
  while (protocols.contains(other)) {
    --other;
  }
  services.all.push_back({.protocol = other, .others = true});
  for (const Range& range : between(source_cuts)) {
    services.source_ports.push_back(static_cast<std::uint16_t>(range.last));
  }
  return services;
}

std::vector<Opening> openings_of(const Services& services, const std::vector<bool>& chosen,
                                 bool& left_out) {
  if (std::ranges::find(chosen, false) == chosen.end()) {
    return {Opening{}};
  }
  std::map<std::uint8_t, std::vector<Range>> by_protocol;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Service& service = services.all[i];
    if (!chosen[i]) {
      continue;
    }
    if (service.others) {
      left_out = true;
      continue;
    }
    std::vector<Range>& ranges = by_protocol[service.protocol];
    if (!ranges.empty() && ranges.back().last + 1 == service.ports.first) {
      ranges.back().last = service.ports.last;
    } else {
      ranges.push_back(service.ports);
    }
  }
  std::map<std::vector<std::string>, std::vector<std::string>> by_ports;
  for (const auto& [protocol, ranges] : by_protocol) {
    std::vector<std::string> ports;
    const bool all = !has_ports(protocol) || (ranges[0].first == 0 && ranges[0].last == 0xffff);
    for (const Range& range : all ? std::vector<Range>{} : ranges) {
      ports.push_back(range.first == range.last ? fmt::format("{}", range.first)
                                                : fmt::format("{}-{}", range.first, range.last));
    }
    by_ports[ports].push_back(name_of_protocol(protocol));
  }
  std::vector<Opening> openings;
  for (auto& [ports, protocols] : by_ports) {
    openings.push_back({.protocols = std::move(protocols), .ports = ports});
  }
  return openings;
}

}  // namespace natto::old_rules
