#include "export/exporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "export/dns_names.hpp"
#include "export/formats.hpp"
#include "export/overlap.hpp"
#include "export/packet_filter.hpp"
#include "table/table_digest.hpp"

namespace natto::exports {
namespace {

/// In the order of the file; those of one realm, or all.
Mappings select(const MappingTable& table, const Options& options) {
  Mappings selected;
  for (const Mapping& mapping : table.mappings) {
    if (!options.realm || mapping.realm == *options.realm) {
      selected.push_back(&mapping);
    }
  }
  return selected;
}

bool has_rules(Format format) { return format == Format::kNft || format == Format::kIptables; }
bool has_names(Format format) {
  return format == Format::kHosts || format == Format::kRoute53 || format == Format::kDnsmasq;
}

Status check_options(const Options& options) {
  const auto wrong = [](std::string_view what) {
    return Error{ErrorKind::kUsage, std::string(what)};
  };
  if (options.realm && has_rules(options.format)) {
    return wrong("--realm: rules are about all realms; leave it out");
  }
  if (!options.interfaces.empty() && !has_rules(options.format)) {
    return wrong("--interface: only rules (--to nft, --to iptables) name interfaces");
  }
  if (!options.domain.empty() && !has_names(options.format)) {
    return wrong("--domain: only --to hosts, route53 and dnsmasq have names");
  }
  if (!options.domain.empty() && !is_host_name(options.domain)) {
    return wrong("--domain " + options.domain + ": no name in the DNS; write it like b.example");
  }
  if (options.shard && options.format != Format::kAws) {
    return wrong("--shard: only --to aws has shards");
  }
  return Done{};
}

/// An answer of the DNS does not say of which realm its address is.
Status check_one_space(const MappingTable& table, const Config& config) {
  const auto overlapping = overlapping_mappings(table);
  if (overlapping.empty()) {
    return Done{};
  }
  std::string realms;
  for (std::size_t realm = 0; realm < config.ports.size(); ++realm) {
    const bool has_some = std::ranges::any_of(
        overlapping, [&](std::size_t i) { return table.mappings[i].realm == realm; });
    if (has_some) {
      realms += (realms.empty() ? "" : ", ") + config.ports[realm].realm;
    }
  }
  const Mapping& first = table.mappings[*overlapping.begin()];
  return input_error(
      fmt::format("the real address {} is in several realms, so an answer may mean one or the "
                  "other; name that whose names are asked for, with --realm: {}",
                  to_string(first.real), realms));
}

}  // namespace

Result<Exported> export_table(const MappingTable& table, const Config& config,
                              const Options& options) {
  if (const Status status = check_options(options); !status) {
    return status.error();
  }
  const Mappings selected = select(table, options);
  const std::string digest = table_digest(table, config);
  const std::string title =
      fmt::format("Exported by natto {}{}; table {}", NATTO_VERSION,
                  options.realm ? ", realm " + config.ports[*options.realm].realm : "", digest);
  const auto with_policy_note = [&](std::string text) {
    Exported exported{.text = std::move(text), .notes = {}};
    if (!table.rules.empty()) {
      exported.notes.emplace_back(
          "the policy is not in it: who may talk to whom is another matter");
    }
    return exported;
  };
  switch (options.format) {
    case Format::kNft:
    case Format::kIptables: {
      const Result<FilterRules> rules = filter_rules(table, config, options);
      if (!rules) {
        return rules.error();
      }
      return Exported{.text = options.format == Format::kNft ? nft_text(*rules, title)
                                                             : iptables_text(*rules, title),
                      .notes = rules->notes};
    }
    case Format::kCsv:
      return with_policy_note(csv_text(selected, config));
    case Format::kTgw: {
      Exported exported = with_policy_note(tgw_text(selected, config));
      exported.notes.emplace_back("names of mappings are not in it: AWS has no place for them");
      return exported;
    }
    case Format::kHosts:
      return hosts_file(selected, options, title);
    case Format::kRoute53:
      return route53_batch(selected, options, title);
    case Format::kDnsmasq:
      if (const Status status = options.realm ? Done{} : check_one_space(table, config); !status) {
        return status.error();
      }
      return dnsmasq_lines(selected, config, options, title);
    case Format::kAws:
      return aws_addresses(selected, config, options, digest);
  }
  return input_error("no such format");
}

}  // namespace natto::exports
