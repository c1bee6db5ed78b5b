#include "config/address_checks.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace natto {
namespace {

struct ReservedRange {
  Ipv4Prefix range;
  std::string_view meaning;
};

constexpr std::array kReservedRanges = {
    ReservedRange{{Ipv4Address::of(0, 0, 0, 0), 8}, "\"this network\""},
    ReservedRange{{Ipv4Address::of(127, 0, 0, 0), 8}, "loopback"},
    ReservedRange{{Ipv4Address::of(169, 254, 0, 0), 16}, "link-local"},
    ReservedRange{{Ipv4Address::of(224, 0, 0, 0), 4}, "multicast"},
    ReservedRange{{Ipv4Address::of(240, 0, 0, 0), 4}, "reserved and broadcast"},
};

}  // namespace

std::string reserved_error(const Ipv4Prefix& range) {
  for (const auto& [reserved, meaning] : kReservedRanges) {
    if (range.overlaps(reserved)) {
      return fmt::format("{} {} {} ({}), which is never forwarded", to_string(range),
                         range.length < reserved.length ? "contains" : "is in", to_string(reserved),
                         meaning);
    }
  }
  return "";
}

std::string subnet_edge_error(Ipv4Address address, const Ipv4Prefix& subnet) {
  const bool network = address == subnet.first();
  if (subnet.length > 30 || (!network && address != subnet.last())) {
    return "";
  }
  return fmt::format("{} is the {} address of the subnet {}, not a host's", to_string(address),
                     network ? "network" : "broadcast", subnet_name(subnet));
}

std::string subnet_name(const Ipv4Prefix& interface_address) {
  return fmt::format("{}/{}", to_string(interface_address.first()), interface_address.length);
}

}  // namespace natto
