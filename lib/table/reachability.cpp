#include "table/reachability.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/address_checks.hpp"

namespace natto {
namespace {

class ReachabilityCheck {
 public:
  ReachabilityCheck(std::span<const MappingEntry> mappings, const KnownPorts& ports,
                    Diagnostics& diagnostics)
      : mappings_(mappings), ports_(ports.ports), diagnostics_(diagnostics) {
    real_.resize(ports_.size());
    for (const MappingEntry& mapping : mappings) {
      real_[*mapping.realm].push_back(&mapping);
    }
    for (auto& of_realm : real_) {
      std::ranges::sort(of_realm, {}, [](const MappingEntry* m) { return m->real->value.first(); });
    }
  }

  void run() const {
    for (const MappingEntry& mapping : mappings_) {
      real_has_a_next_hop(mapping);
      mapped_is_not_in_its_own_subnet(mapping);
      mapped_is_not_beside_real(mapping);
      mapped_is_nobodys_real_address(mapping);
    }
  }

 private:
  void real_has_a_next_hop(const MappingEntry& mapping) const {
    const KnownPort& port = ports_[*mapping.realm];
    const Ipv4Prefix& real = mapping.real->value;
    if (!port.leads_on &&
        !(port.address->contains(real.first()) && port.address->contains(real.last()))) {
      diagnostics_.warn(
          mapping.real->position,
          fmt::format("real: natto cannot reach {}: the port of realm {} has the "
                      "subnet {}, and no gateway",
                      to_string(real), in_quotes(port.realm), subnet_name(*port.address)));
    }
  }

  /// Those who send to a mapped address are behind the other ports.
  void mapped_is_not_in_its_own_subnet(const MappingEntry& mapping) const {
    const Ipv4Prefix& mapped = mapping.mapped->value;
    const KnownPort& own = ports_[*mapping.realm];
    std::vector<std::string> subnets;
    bool reached = !mapped.overlaps(*own.address);
    for (const KnownPort& port : ports_) {
      if (&port != &own) {
        subnets.push_back(subnet_name(*port.address));
        reached = reached || mapped.overlaps(*port.address);
      }
    }
    if (!reached && !subnets.empty()) {
      diagnostics_.warn(mapping.mapped->position,
                        fmt::format("mapped: {} is in {}, the subnet of the host's own realm {}; "
                                    "hosts of other realms are to send to it, and what they reach "
                                    "of natto is {}",
                                    to_string(mapped), subnet_name(*own.address),
                                    in_quotes(own.realm), fmt::join(subnets, ", ")));
    }
  }

  /// A guess: where the host has its address, others nearby are its neighbours'. The same address
  /// on both sides is meant so.
  void mapped_is_not_beside_real(const MappingEntry& mapping) const {
    constexpr std::uint8_t kNearby = 24;
    const Ipv4Prefix& real = mapping.real->value;
    const Ipv4Prefix& mapped = mapping.mapped->value;
    const Ipv4Prefix nearby{real.first(), kNearby};
    const auto in_subnet = [&](const KnownPort& port) { return mapped.overlaps(*port.address); };
    if (real.length > kNearby && real != mapped && nearby.contains(mapped.first()) &&
        std::ranges::none_of(ports_, in_subnet)) {
      diagnostics_.warn(mapping.mapped->position,
                        fmt::format("mapped: {} is beside real {}, in the host's own network by "
                                    "its looks, and in no port's subnet: hosts that send to it "
                                    "need a route for it to natto",
                                    to_string(mapped), to_string(real)));
    }
  }

  /// In a realm that has a host of this address, packets go to that host.
  void mapped_is_nobodys_real_address(const MappingEntry& mapping) const {
    const Ipv4Prefix& mapped = mapping.mapped->value;
    for (std::size_t realm = 0; realm < ports_.size(); ++realm) {
      const bool sends = realm != *mapping.realm || ports_.size() == 1;
      const MappingEntry* host = sends ? find_real(realm, mapped) : nullptr;
      if (host != nullptr && host != &mapping) {
        diagnostics_.warn(
            mapping.mapped->position,
            fmt::format("mapped: {} {} the real address of {} ({}): hosts of realm {} that send to "
                        "it reach that one",
                        to_string(mapped),
                        mapped == host->real->value
                            ? "is also"
                            : "overlaps " + to_string(host->real->value) + ",",
                        in_quotes(host->name->value), diagnostics_.place(host->header.line),
                        in_quotes(ports_[realm].realm)));
      }
    }
  }

  /// A mapping of `realm` whose real addresses overlap `range`, which do not overlap each other.
  [[nodiscard]] const MappingEntry* find_real(std::size_t realm, const Ipv4Prefix& range) const {
    const auto last = [](const MappingEntry* m) { return m->real->value.last(); };
    const auto found = std::ranges::lower_bound(real_[realm], range.first(), {}, last);
    return found != real_[realm].end() && (*found)->real->value.overlaps(range) ? *found : nullptr;
  }

  std::span<const MappingEntry> mappings_;
  const std::vector<KnownPort>& ports_;
  Diagnostics& diagnostics_;
  std::vector<std::vector<const MappingEntry*>> real_;  ///< by realm, by ascending real address
};

}  // namespace

void check_reachability(std::span<const MappingEntry> mappings, const KnownPorts& ports,
                        Diagnostics& diagnostics) {
  ReachabilityCheck(mappings, ports, diagnostics).run();
}

}  // namespace natto
