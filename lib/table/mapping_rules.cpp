#include "table/mapping_rules.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "config/address_checks.hpp"

namespace natto {
namespace {

/// Checks one side of a mapping, called `key`.
class SideCheck {
 public:
  SideCheck(std::string_view key, const Located<Ipv4Prefix>& side, Diagnostics& diagnostics)
      : key_(key), side_(side), diagnostics_(diagnostics) {}

  void not_reserved() const { report(reserved_error(side_.value)); }

  void not_of(const KnownPort& port) const {
    const Ipv4Prefix& range = side_.value;
    if (!port.address) {
      return;
    }
    if (range.contains(port.address->address)) {
      report(taken(port.address->address, "natto's own address", port));
    } else if (range.length == 32) {
      report(subnet_edge_error(range.address, *port.address));
    }
  }

  void not_gateway_of(const KnownPort& port) const {
    if (port.gateway && side_.value.contains(*port.gateway)) {
      report(taken(*port.gateway, "the gateway", port));
    }
  }

 private:
  [[nodiscard]] std::string taken(Ipv4Address address, std::string_view owner,
                                  const KnownPort& port) const {
    const Ipv4Prefix& range = side_.value;
    return range.length == 32
               ? fmt::format("{} is {} in realm {}", to_string(range), owner, in_quotes(port.realm))
               : fmt::format("{} contains {}, {} in realm {}", to_string(range), to_string(address),
                             owner, in_quotes(port.realm));
  }

  void report(const std::string& error) const {
    if (!error.empty()) {
      diagnostics_.add(side_.position, fmt::format("{}: {}", key_, error));
    }
  }

  std::string_view key_;
  const Located<Ipv4Prefix>& side_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_mapping(const MappingEntry& mapping, const KnownPorts& ports, Diagnostics& diagnostics) {
  if (mapping.real) {
    const SideCheck real("real", *mapping.real, diagnostics);
    real.not_reserved();
    if (mapping.realm) {
      real.not_of(ports.ports[*mapping.realm]);
    }
  }
  if (mapping.mapped) {
    const SideCheck mapped("mapped", *mapping.mapped, diagnostics);
    mapped.not_reserved();
    for (const KnownPort& port : ports.ports) {
      mapped.not_of(port);
      mapped.not_gateway_of(port);
    }
  }
  if (mapping.real && mapping.mapped &&
      mapping.real->value.length != mapping.mapped->value.length) {
    diagnostics.add(
        mapping.mapped->position,
        fmt::format("mapped: {} is a /{} but real {} is a /{}; both must have the same length",
                    to_string(mapping.mapped->value), mapping.mapped->value.length,
                    to_string(mapping.real->value), mapping.real->value.length));
  }
}

}  // namespace natto
