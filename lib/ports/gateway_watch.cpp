#include "ports/gateway_watch.hpp"

#include <fmt/format.h>

namespace natto {
namespace {

constexpr std::string_view kWhereToLook =
    "see that the port's gateway is right, that it is on this port's link, and that nothing "
    "between holds back ARP";

}  // namespace

std::optional<GatewayWatch::Notice> GatewayWatch::step(const Gateway& gateway, Instant now) {
  if (gateway.mac != last_mac_) {
    mac_changes_ += last_mac_ ? 1U : 0U;
    last_mac_ = gateway.mac;
  }
  const bool is_news =
      gateway.silent != told_silent_ || gateway.mac != told_mac_ || mac_changes_ > 0;
  if (!is_news || !notices_.take(static_cast<std::uint64_t>(now.count()))) {
    return std::nullopt;
  }
  Notice notice = describe(gateway);
  told_silent_ = gateway.silent;
  told_mac_ = gateway.mac;
  mac_changes_ = 0;
  return notice;
}

GatewayWatch::Notice GatewayWatch::describe(const Gateway& gateway) const {
  const std::string who = fmt::format("the gateway {}", to_string(gateway.address));
  if (gateway.silent) {
    return {true, gateway.mac
                      ? fmt::format("{} no longer answers ARP; natto goes on sending to MAC "
                                    "{}: {}",
                                    who, to_string(*gateway.mac), kWhereToLook)
                      : fmt::format("{} does not answer ARP, and natto sends nothing to it: {}",
                                    who, kWhereToLook)};
  }
  if (mac_changes_ > 1) {
    return {true, fmt::format("{} changed its MAC address {} times and has {} now: see that no two "
                              "machines have its address",
                              who, mac_changes_, to_string(*gateway.mac))};
  }
  if (mac_changes_ == 1) {
    return {true, fmt::format("{} changed its MAC address from {} to {}", who,
                              to_string(*told_mac_), to_string(*gateway.mac))};
  }
  return {false, fmt::format("{} answers ARP{}, MAC {}", who, told_mac_ ? " again" : "",
                             to_string(*gateway.mac))};
}

}  // namespace natto
