#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "export/dns_names.hpp"
#include "export/formats.hpp"

namespace natto::exports {
namespace {

using ListJson = nlohmann::ordered_json;

/// Seconds for which a resolver may keep an answer: as long as a changed table may be unknown.
constexpr unsigned kTimeToLive = 60;
/// Records that Route 53 takes at once; UPSERT counts twice.
constexpr std::size_t kMostRecords = 500;

struct NamedHost {
  std::string name;
  Ipv4Address mapped;
};

/// The mapped hosts with a name for the DNS; the others become notes.
std::vector<NamedHost> named_hosts(const Mappings& selected, const std::string& domain,
                                   std::vector<std::string>& notes) {
  std::vector<NamedHost> hosts;
  std::map<std::string, std::string> taken;  // "App" and "app" are one name
  for (const Mapping* mapping : selected) {
    const auto name = host_name(mapping->name, domain);
    if (mapping->mapped.length != 32) {
      notes.push_back(fmt::format("{}: a network has no name of its own", mapping->name));
    } else if (!name) {
      notes.push_back(fmt::format("{}: the DNS cannot hold this name", mapping->name));
    } else if (const auto [at, is_new] = taken.try_emplace(*name, mapping->name); !is_new) {
      notes.push_back(
          fmt::format("{}: in the DNS this is the same name as {}", mapping->name, at->second));
    } else {
      hosts.push_back({*name, mapping->mapped.address});
    }
  }
  return hosts;
}

}  // namespace

std::string csv_text(const Mappings& selected, const Config& config) {
  std::string text = "name,realm,real,mapped\n";
  for (const Mapping* mapping : selected) {
    text += fmt::format("{},{},{},{}\n", mapping->name, config.ports[mapping->realm].realm,
                        to_string(mapping->real), to_string(mapping->mapped));
  }
  return text;
}

std::string tgw_text(const Mappings& selected, const Config& config) {
  std::map<RealmId, ListJson> rules;
  for (const Mapping* mapping : selected) {
    ListJson& list = rules.try_emplace(mapping->realm, ListJson::array()).first->second;
    constexpr unsigned kStep = 10;
    list.push_back({{"RuleNumber", kStep * (list.size() + 1)},
                    {"MatchSourceCidr", to_cidr(mapping->real)},
                    {"NatCidr", to_cidr(mapping->mapped)}});
  }
  ListJson attachments = ListJson::array();
  for (const auto& [realm, list] : rules) {
    attachments.push_back(
        {{"TransitGatewayAttachmentId", config.ports[realm].realm}, {"NatGatewayRuleSet", list}});
  }
  return attachments.dump(2) + '\n';
}

Result<Exported> hosts_file(const Mappings& selected, const Options& options,
                            const std::string& title) {
  Exported exported{.text = fmt::format("# {}\n", title)};
  for (const NamedHost& host : named_hosts(selected, options.domain, exported.notes)) {
    exported.text += fmt::format("{}\t{}\n", to_string(host.mapped), host.name);
  }
  return exported;
}

Result<Exported> route53_batch(const Mappings& selected, const Options& options,
                               const std::string& title) {
  if (options.domain.empty()) {
    return input_error("a zone has a name: give it with --domain, as b.example");
  }
  Exported exported;
  ListJson changes = ListJson::array();
  for (const NamedHost& host : named_hosts(selected, options.domain, exported.notes)) {
    const ListJson value = {{"Value", to_string(host.mapped)}};
    changes.push_back({{"Action", "UPSERT"},
                       {"ResourceRecordSet",
                        {{"Name", host.name + "."},
                         {"Type", "A"},
                         {"TTL", kTimeToLive},
                         {"ResourceRecords", ListJson::array({value})}}}});
  }
  if (changes.size() > kMostRecords) {
    return input_error(
        fmt::format("{} names: Route 53 takes {} at once; name a --realm, or give the zone to "
                    "dnsmasq (--to dnsmasq)",
                    changes.size(), kMostRecords));
  }
  exported.text =
      ListJson({{"Comment", title.substr(0, 256)}, {"Changes", changes}}).dump(2) + '\n';
  exported.notes.emplace_back(
      "names that the table no longer has stay in the zone until you delete them");
  return exported;
}

Result<Exported> dnsmasq_lines(const Mappings& selected, const Config& config,
                               const Options& options, const std::string& title) {
  const auto realm_of = [&](const Mapping* mapping) { return config.ports[mapping->realm].realm; };
  Exported exported{.text = fmt::format("# {}\n", title)};
  for (const Mapping* mapping : selected) {
    exported.text +=
        fmt::format("# {} of {}\nalias={},{}", mapping->name, realm_of(mapping),
                    to_string(mapping->real.address), to_string(mapping->mapped.address));
    if (mapping->real.length != 32) {
      exported.text += "," + to_string(Ipv4Address::from_host(mapping->real.mask()));
    }
    exported.text += '\n';
  }
  if (!options.domain.empty()) {
    for (const NamedHost& host : named_hosts(selected, options.domain, exported.notes)) {
      exported.text += fmt::format("host-record={},{}\n", host.name, to_string(host.mapped));
    }
  }
  return exported;
}

}  // namespace natto::exports
