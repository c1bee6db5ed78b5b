#include "doctor/eni_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace natto {
namespace {

using Enis = std::vector<const Eni*>;

/// Those that own the port's own address. In VPCs with the same addresses there may be several.
Enis enis_of(const PortConfig& port, const std::vector<Eni>& enis) {
  Enis found;
  for (const Eni& eni : enis) {
    if (eni.owns(port.address.address)) {
      found.push_back(&eni);
    }
  }
  return found;
}

/// Whether packets to hosts of `realm` come in by the port: by any other, or by the only one.
bool receives_for(const Config& config, RealmId realm, std::size_t port) {
  return config.ports.size() == 1 || port != realm;
}

/// Whether the ENIs own all of `prefix` between them.
bool all_owned(const Ipv4Prefix& prefix, const Enis& enis) {
  std::vector<Ipv4Prefix> owned;
  for (const Eni* eni : enis) {
    std::ranges::copy_if(eni->owned, std::back_inserter(owned),
                         [&prefix](const Ipv4Prefix& own) { return own.overlaps(prefix); });
  }
  std::ranges::sort(owned, {}, [](const Ipv4Prefix& own) { return own.first(); });
  std::uint64_t next = prefix.first().host();  // the lowest address that no owned prefix has yet
  for (const Ipv4Prefix& own : owned) {
    if (own.first().host() > next) {
      return false;
    }
    next = std::max(next, std::uint64_t{own.last().host()} + 1);
  }
  return next > prefix.last().host();
}

/// The mappings whose mapped addresses no ENI has that would have to.
std::vector<const Mapping*> not_owned(const std::vector<Enis>& enis_by_port, const Needs& needs) {
  std::vector<const Mapping*> missing;
  for (const Mapping& mapping : needs.appliance.table.mappings) {
    Enis owners;
    for (std::size_t port = 0; port < enis_by_port.size(); ++port) {
      if (receives_for(needs.config(), mapping.realm, port)) {
        owners.insert(owners.end(), enis_by_port[port].begin(), enis_by_port[port].end());
      }
    }
    if (!all_owned(mapping.mapped, owners)) {
      missing.push_back(&mapping);
    }
  }
  return missing;
}

/// "10.33.1.145 (a-app), 10.50.0.0/20 (b-offices) and 3 more"
std::string list_of(const std::vector<const Mapping*>& mappings) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(kMost, mappings.size()); ++i) {
    shown.push_back(fmt::format("{} ({})", to_string(mappings[i]->mapped), mappings[i]->name));
  }
  const std::size_t more = mappings.size() - shown.size();
  return fmt::format("{}{}", fmt::join(shown, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

Finding check_mapped_addresses(const std::vector<Enis>& enis_by_port,
                               const std::vector<const Mapping*>& missing, const Needs& needs) {
  const Finder found(Check::kMappedAddresses);
  if (missing.empty()) {
    return found.ok(fmt::format("the ENIs own those of all {} mappings",
                                needs.appliance.table.mappings.size()));
  }
  // With the check on, nothing comes in for an address that the ENI does not own.
  const bool may_be_routed = std::ranges::any_of(enis_by_port, [](const Enis& enis) {
    return std::ranges::any_of(enis, [](const Eni* eni) { return eni->source_dest_check != true; });
  });
  const bool is_told = std::ranges::all_of(enis_by_port, [](const Enis& enis) {
    return std::ranges::all_of(enis,
                               [](const Eni* eni) { return eni->source_dest_check.has_value(); });
  });
  const std::string what = fmt::format("the ENIs do not own {}", list_of(missing));
  return may_be_routed
             ? found.warning(
                   what,
                   fmt::format("see that a route table sends them to the ENI{}",
                               is_told ? "" : ", and that its source/destination check is off"))
             : found.wrong(what,
                           "aws ec2 assign-private-ip-addresses --network-interface-id ENI "
                           "--private-ip-addresses ADDRESS...");
}

/// Needed off where the ENI receives for addresses it does not own, or sends with such a source.
Finding check_source_dest(const Eni& eni, bool receives_others, const PortConfig& port,
                          const Config& config) {
  const Finder found(Check::kSourceDestCheck, eni.id);
  const bool sends_others = std::ranges::any_of(config.ports, [&](const PortConfig& from) {
    return (config.ports.size() == 1 || &from != &port) &&
           from.source_not_mapped == SourceNotMapped::kPass;
  });
  if (!eni.source_dest_check) {
    return found.unseen(
        "unknown", "give --network-interfaces, the output of aws ec2 describe-network-interfaces");
  }
  if (!*eni.source_dest_check) {
    return found.ok("off");
  }
  if (!receives_others && !sends_others) {
    return found.ok("on; the ENI owns every address it receives and sends with");
  }
  return found.wrong(
      receives_others ? "on, which drops packets to the mapped addresses it does not own"
                      : "on, which drops what source_not_mapped = \"pass\" lets through",
      fmt::format("aws ec2 modify-network-interface-attribute --network-interface-id {} "
                  "--no-source-dest-check",
                  eni.id));
}

Finding check_tracking(const Eni& eni,
                       const std::optional<std::vector<SecurityGroup>>& security_groups) {
  const Finder found(Check::kConnectionTracking, eni.id);
  if (eni.security_groups.empty()) {
    return found.unseen("its security groups are unknown",
                        "look at its security groups' rules with aws ec2 describe-security-groups");
  }
  const std::string show = fmt::format(
      "aws ec2 describe-security-groups --group-ids {} > sg.json; "
      "natto doctor -c natto.toml --security-groups sg.json",
      fmt::join(eni.security_groups, " "));
  if (!security_groups) {
    return found.unseen("the rules of its security groups are unknown", show);
  }
  SecurityGroup::Direction in;
  SecurityGroup::Direction out;
  for (const std::string& id : eni.security_groups) {
    const auto group = std::ranges::find(*security_groups, id, &SecurityGroup::id);
    if (group == security_groups->end()) {
      return found.unseen(fmt::format("{} is not among the security groups", id), show);
    }
    in.all_tcp |= group->in.all_tcp;
    in.all_udp |= group->in.all_udp;
    out.all_tcp |= group->out.all_tcp;
    out.all_udp |= group->out.all_udp;
  }
  std::vector<std::string_view> tracked;
  if (!in.all_tcp || !out.all_tcp) {
    tracked.emplace_back("TCP");
  }
  if (!in.all_udp || !out.all_udp) {
    tracked.emplace_back("UDP");
  }
  if (tracked.empty()) {
    return found.ok("TCP and UDP are not tracked; ICMP always is");
  }
  const bool closed_in = !in.all_tcp || !in.all_udp;
  return found.warning(fmt::format("{} tracked: not all of it may {}", fmt::join(tracked, " and "),
                                   closed_in ? "come in" : "go out"),
                       "allow 0.0.0.0/0 in and out, and restrict with network ACLs");
}

}  // namespace

Findings check_enis(const AwsFacts& aws, const Needs& needs) {
  if (!aws.enis) {
    Findings findings;
    for (const Check check :
         {Check::kMappedAddresses, Check::kSourceDestCheck, Check::kConnectionTracking}) {
      findings.push_back(
          Finder(check).unseen(aws.why_no_enis,
                               "aws ec2 describe-network-interfaces > enis.json; "
                               "natto doctor -c natto.toml --network-interfaces enis.json"));
    }
    return findings;
  }
  const Config& config = needs.config();
  std::vector<Enis> enis_by_port;
  Findings findings;
  for (const PortConfig& port : config.ports) {
    enis_by_port.push_back(enis_of(port, *aws.enis));
    if (enis_by_port.back().empty()) {
      findings.push_back(Finder(Check::kMappedAddresses, port.realm)
                             .wrong(fmt::format("no ENI owns the port's own address {}",
                                                to_string(port.address.address)),
                                    "set address to the ENI's, or give the ENIs of this instance"));
    }
  }
  if (!findings.empty()) {
    return findings;
  }
  const std::vector<const Mapping*> missing = not_owned(enis_by_port, needs);
  findings.push_back(check_mapped_addresses(enis_by_port, missing, needs));
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const bool receives_others = std::ranges::any_of(
        missing, [&](const Mapping* mapping) { return receives_for(config, mapping->realm, i); });
    for (const Eni* eni : enis_by_port[i]) {
      findings.push_back(check_source_dest(*eni, receives_others, config.ports[i], config));
      findings.push_back(check_tracking(*eni, aws.security_groups));
    }
  }
  return findings;
}

}  // namespace natto
