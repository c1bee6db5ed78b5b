#include "dpdk/vdev_access.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>
#include <linux/capability.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/device_arguments.hpp"
#include "base/nearest.hpp"
#include "dpdk/devargs.hpp"

namespace natto {
namespace {

struct Driver {
  std::string_view name;     ///< a device's name begins with it
  std::string_view library;  ///< librte_NAME
  bool needs_interface = false;
  bool makes_interface = false;
};

constexpr std::array kDrivers = {
    Driver{.name = "net_af_packet", .library = "net_af_packet", .needs_interface = true},
    Driver{.name = "net_af_xdp", .library = "net_af_xdp", .needs_interface = true},
    Driver{.name = "net_bonding", .library = "net_bond"},
    Driver{.name = "net_failsafe", .library = "net_failsafe"},
    Driver{.name = "net_memif", .library = "net_memif"},
    Driver{.name = "net_null", .library = "net_null"},
    Driver{.name = "net_pcap", .library = "net_pcap"},
    Driver{.name = "net_ring", .library = "net_ring"},
    Driver{.name = "net_tap", .library = "net_tap", .makes_interface = true},
    Driver{.name = "net_tun", .library = "net_tap", .makes_interface = true},
    Driver{.name = "net_vhost", .library = "net_vhost"},
    Driver{.name = "net_virtio_user", .library = "net_virtio"},
};

/// "librte_net_null.so.23" has the library "net_null" and the ABI "23".
constexpr std::string_view kDriverPrefix = "librte_";
constexpr std::string_view kInfix = ".so.";

bool is_loaded(std::string_view library, const std::vector<std::string>& libraries) {
  return std::ranges::any_of(libraries, [&](const std::string& path) {
    return std::filesystem::path(path).filename().string().starts_with(
        fmt::format("{}{}{}", kDriverPrefix, library, kInfix));
  });
}

/// That DPDK's packages bear in their names: of the EAL that natto is linked with.
std::string abi_of(const std::vector<std::string>& libraries) {
  const std::string eal = fmt::format("{}eal{}", kDriverPrefix, kInfix);
  for (const std::string& path : libraries) {
    if (const std::string name = std::filesystem::path(path).filename(); name.starts_with(eal)) {
      return name.substr(eal.size(), name.find('.', eal.size()) - eal.size());
    }
  }
  return "";
}

/// As Debian calls it: "librte-net-e1000-23", "librte-net-ena23".
std::string package_of(std::string_view library, const std::vector<std::string>& libraries) {
  std::string name = fmt::format("librte-{}", library);
  std::ranges::replace(name, '_', '-');
  return fmt::format("{}{}{}", name, std::isdigit(name.back()) != 0 ? "-" : "", abi_of(libraries));
}

/// DPDK, too, takes the driver whose name the device's begins with.
const Driver* find_driver(std::string_view device_name) {
  const auto* found = std::ranges::find_if(
      kDrivers, [&](const Driver& driver) { return device_name.starts_with(driver.name); });
  return found != kDrivers.end() ? found : nullptr;
}

std::string unknown_driver(std::string_view device_name,
                           const std::vector<std::string>& libraries) {
  // "net_tap" of "net_tap12".
  const std::string_view name =
      device_name.substr(0, device_name.find_last_not_of("0123456789") + 1);
  if (is_loaded(name, libraries)) {
    return "";
  }
  std::vector<std::string_view> names;
  std::ranges::transform(kDrivers, std::back_inserter(names), &Driver::name);
  const std::string_view meant = nearest(name, names);
  return meant.empty()
             ? fmt::format("there is no driver {}; there are {}", name, fmt::join(names, ", "))
             : fmt::format("there is no driver {}: is it {}?", name, meant);
}

std::string missing_right(const Driver& driver, bool names_interface, const ProcessRights& rights) {
  const auto lacks = [&rights](int capability) {
    return (rights.capabilities >> capability & 1) == 0;
  };
  const char* missing = nullptr;
  if (driver.makes_interface && lacks(CAP_NET_ADMIN)) {
    missing = "CAP_NET_ADMIN";
  } else if (names_interface && lacks(CAP_NET_RAW)) {
    missing = "CAP_NET_RAW";
  }
  return missing == nullptr ? ""
                            : fmt::format("{} is missing, which {} needs: run natto as root",
                                          missing, driver.name);
}

std::string wrong_interface(const Driver& driver, const std::vector<std::string>& interfaces,
                            const VdevSurroundings& around) {
  if (driver.needs_interface && interfaces.empty()) {
    return fmt::format("{} needs iface=INTERFACE after its name", driver.name);
  }
  for (const std::string& interface : interfaces) {
    const bool there = around.has_interface(interface);
    if (!there && !driver.makes_interface) {
      return fmt::format(
          "there is no interface {}: ip link lists those there are; a service with "
          "PrivateNetwork=yes sees none of the machine's",
          interface);
    }
    if (there && driver.makes_interface) {
      return fmt::format(
          "there is an interface {} already, and {} makes its own: choose another name, or join "
          "it with net_af_packet",
          interface, driver.name);
    }
  }
  return "";
}

std::string unreadable_capture(std::string_view device) {
  for (const std::string& file : devarg_values(device, {"rx_pcap"})) {
    if (access(file.c_str(), R_OK) != 0) {
      return fmt::format("cannot read {}: {}", file, std::strerror(errno));
    }
  }
  return "";
}

}  // namespace

std::vector<std::string> loaded_libraries() {
  std::vector<std::string> paths;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        static_cast<std::vector<std::string>*>(into)->emplace_back(info->dlpi_name);
        return 0;
      },
      &paths);
  return paths;
}

std::string missing_driver(std::string_view library, const std::vector<std::string>& libraries) {
  return is_loaded(library, libraries)
             ? ""
             : fmt::format("DPDK's driver {} is not installed: apt install {}", library,
                           package_of(library, libraries));
}

VdevSurroundings VdevSurroundings::current() {
  return {
      .libraries = loaded_libraries(),
      .rights = ProcessRights::current(),
      .has_interface = [](const std::string& name) { return if_nametoindex(name.c_str()) != 0; }};
}

std::string vdev_obstacle(std::string_view device, const VdevSurroundings& around) {
  const std::string name = device_name(device);
  const Driver* driver = find_driver(name);
  if (driver == nullptr) {
    return unknown_driver(name, around.libraries);
  }
  const std::vector<std::string> interfaces = interfaces_of(device);
  for (std::string obstacle :
       {missing_driver(driver->library, around.libraries),
        missing_right(*driver, !interfaces.empty(), around.rights),
        wrong_interface(*driver, interfaces, around), unreadable_capture(device)}) {
    if (!obstacle.empty()) {
      return obstacle;
    }
  }
  return "";
}

}  // namespace natto
