#include "netdev/ethtool.hpp"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace natto {
namespace {

/// `command` begins with what is asked for; the answer is in it.
template <typename Command>
bool ask(int descriptor, const std::string& interface, Command& command) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&command);
  return ioctl(descriptor, SIOCETHTOOL, &request) == 0;
}

}  // namespace

std::uint32_t speed_of(int descriptor, const std::string& interface) {
  ethtool_cmd command{};
  command.cmd = ETHTOOL_GSET;
  if (!ask(descriptor, interface, command)) {
    return 0;
  }
  const std::uint32_t speed = ethtool_cmd_speed(&command);
  return speed <= INT32_MAX ? speed : 0;
}

std::optional<bool> computes_checksums(int descriptor, const std::string& interface) {
  ethtool_value command{};
  command.cmd = ETHTOOL_GTXCSUM;
  return ask(descriptor, interface, command) ? std::optional(command.data != 0) : std::nullopt;
}

}  // namespace natto
