#include "doctor/path_mtu.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace natto {
namespace {

/// Whether TCP is held to what both ports carry, wherever they carry differently.
bool holds_tcp(const std::vector<PortConfig>& ports) {
  return std::ranges::all_of(ports, [&ports](const PortConfig& in) {
    return std::ranges::all_of(ports, [&in](const PortConfig& out) {
      return in.mtu == out.mtu || in.tcp_mss_clamp || out.tcp_mss_clamp;
    });
  });
}

/// What AWS carries less than `mtu` of, for the end of a sentence.
std::string less_on_aws(std::uint16_t mtu) {
  if (mtu <= 1500) {
    return "";
  }
  return fmt::format(
      "; AWS carries {}1500 through internet and VPN gateways, and drops what is larger",
      mtu > 8500 ? "8500 between regions and through a Transit Gateway, " : "");
}

}  // namespace

Finding check_path_mtu(const Machine& machine, const Needs& needs) {
  const Finder found(Check::kPathMtu);
  const Config& config = needs.config();
  const std::uint16_t smallest = std::ranges::min(config.ports, {}, &PortConfig::mtu).mtu;
  std::vector<std::string_view> narrow;
  for (const PortConfig& port : config.ports) {
    if (port.mtu == smallest) {
      narrow.push_back(port.realm);
    }
  }
  const bool differ = narrow.size() < config.ports.size();
  const bool held = holds_tcp(config.ports);
  const std::string what = fmt::format(
      "{} bytes{}: larger packets leave in fragments, or with don't fragment are dropped {}{}{}",
      smallest, differ ? fmt::format(", towards {}", fmt::join(narrow, ", ")) : "",
      config.icmp.errors_per_second > 0 ? "and their senders told"
                                        : "unsaid, as errors_per_second is 0",
      differ && held ? "; TCP is held to it" : "",
      machine.on_ec2 && needs.has_pci_devices() ? less_on_aws(smallest) : "");
  return held ? found.ok(what)
              : found.warning(what, fmt::format("set tcp_mss_clamp = \"auto\" on the port of {}: "
                                                "TCP then sends none of them",
                                                fmt::join(narrow, ", ")));
}

}  // namespace natto
