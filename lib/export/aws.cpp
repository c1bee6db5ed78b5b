#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "export/formats.hpp"
#include "export/shards.hpp"

namespace natto::exports {
namespace {

using AwsJson = nlohmann::ordered_json;

/// A VPC's subnet is no larger, and EC2 delegates prefixes of this length.
constexpr unsigned kLargestSubnet = 16;
constexpr unsigned kDelegated = 28;

struct FirstOf {
  bool operator()(const Ipv4Prefix& a, const Ipv4Prefix& b) const {
    return std::pair(a.address.host(), a.length) < std::pair(b.address.host(), b.length);
  }
};
using Prefixes = std::set<Ipv4Prefix, FirstOf>;

/// What one port's network interface needs.
struct InterfaceNeeds {
  Prefixes addresses = {};
  Prefixes delegated = {};
  Prefixes routes = {};

  /// `part` lies within the subnet.
  void add_in_subnet(const Ipv4Prefix& part) {
    const unsigned length = part.length <= kDelegated ? kDelegated : 32;
    const std::uint64_t count = 1ULL << (length - part.length);
    Prefixes& into = length == kDelegated ? delegated : addresses;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto offset = static_cast<std::uint32_t>(i << (32U - length));
      into.insert({Ipv4Address::from_host(part.address.host() + offset),
                   static_cast<std::uint8_t>(length)});
    }
  }

  /// Sixteen addresses that fill a prefix are one.
  void fill_prefixes() {
    std::map<std::uint32_t, unsigned> filled;
    for (const Ipv4Prefix& address : addresses) {
      ++filled[address.address.host() & prefix_mask(kDelegated)];
    }
    for (const auto& [first, count] : filled) {
      const Ipv4Prefix prefix{Ipv4Address::from_host(first), kDelegated};
      if (count == 1U << (32U - kDelegated)) {
        addresses.erase(addresses.lower_bound({prefix.first(), 32}),
                        addresses.upper_bound({prefix.last(), 32}));
        delegated.insert(prefix);
      }
    }
  }
};

/// Whether others send to hosts of `realm` by way of `port`.
bool leads_to(const Config& config, std::size_t port, RealmId realm) {
  return port != realm || config.ports.size() == 1;
}

Result<std::vector<InterfaceNeeds>> needs_of(const Mappings& selected, const Config& config) {
  std::vector<InterfaceNeeds> needs(config.ports.size());
  for (const Mapping* mapping : selected) {
    bool in_a_subnet = false;
    for (std::size_t port = 0; port < config.ports.size(); ++port) {
      const Ipv4Prefix& subnet = config.ports[port].address;
      if (!subnet.overlaps(mapping->mapped)) {
        continue;
      }
      if (subnet.length < kLargestSubnet || mapping->mapped.length < subnet.length) {
        return input_error(fmt::format(
            "{}: {} is no part of a subnet of a VPC; that of realm {} is {}/{}, and a VPC's have "
            "/16 to /28",
            mapping->name, to_string(mapping->mapped), config.ports[port].realm,
            to_string(subnet.first()), subnet.length));
      }
      needs[port].add_in_subnet(mapping->mapped);
      in_a_subnet = true;
    }
    for (std::size_t port = 0; !in_a_subnet && port < config.ports.size(); ++port) {
      if (leads_to(config, port, mapping->realm)) {
        needs[port].routes.insert(mapping->mapped);
      }
    }
  }
  for (InterfaceNeeds& one : needs) {
    one.fill_prefixes();
  }
  return needs;
}

/// Those of the shard, each with the instances that take it over.
AwsJson items(const Prefixes& prefixes, const char* key, bool with_length, const std::string& realm,
              const std::optional<Shard>& shard) {
  AwsJson list = AwsJson::array();
  for (const Ipv4Prefix& prefix : prefixes) {
    const std::string text = with_length ? to_cidr(prefix) : to_string(prefix);
    if (!shard) {
      list.push_back({{key, text}});
      continue;
    }
    const std::vector<unsigned> order =
        instances_for(fmt::format("{} {}", realm, text), shard->count);
    if (order[0] == shard->index) {
      list.push_back(
          {{key, text}, {"then", std::vector<unsigned>(order.begin() + 1, order.end())}});
    }
  }
  return list;
}

}  // namespace

Result<Exported> aws_addresses(const Mappings& selected, const Config& config,
                               const Options& options, const std::string& digest) {
  const Result<std::vector<InterfaceNeeds>> needs = needs_of(selected, config);
  if (!needs) {
    return needs.error();
  }
  AwsJson ports = AwsJson::array();
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const PortConfig& port = config.ports[i];
    const InterfaceNeeds& of_port = (*needs)[i];
    ports.push_back(
        {{"realm", port.realm},
         {"device", port.device},
         {"address", to_cidr(port.address)},
         {"addresses", items(of_port.addresses, "address", false, port.realm, options.shard)},
         {"prefixes", items(of_port.delegated, "prefix", true, port.realm, options.shard)},
         {"routes", items(of_port.routes, "destination", true, port.realm, options.shard)}});
  }
  AwsJson document = {{"version", NATTO_VERSION}, {"digest", digest}};
  if (options.shard) {
    document["shard"] = {{"instance", options.shard->index}, {"of", options.shard->count}};
  }
  document["ports"] = ports;
  return Exported{.text = document.dump(2) + '\n', .notes = {}};
}

}  // namespace natto::exports
