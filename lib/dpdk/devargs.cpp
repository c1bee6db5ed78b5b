#include "dpdk/devargs.hpp"

#include <rte_pci.h>
#include <rte_version.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <optional>

namespace natto {
namespace {

constexpr std::uint32_t kAmazon = 0x1d0f;
/// pci_id_ena_map of drivers/net/ena/ena_ethdev.c, the same from DPDK 22.11 to 26.07.
constexpr std::array<std::uint32_t, 2> kEnaDevices = {0xec20, 0xec21};

struct EnaDevarg {
  std::string_view key;
  std::string_view value;
  DpdkVersion from;
  DpdkVersion before;
};

constexpr DpdkVersion kNever = {.year = UINT32_MAX};
constexpr std::array kEnaDevargs = {
    // These releases forget the default, which turns LLQ off (amzn-drivers issue 331).
    EnaDevarg{"llq_policy", "1", {24, 11, 0}, {24, 11, 2}},
    // natto sends fragments, which EC2 allows an ENI few of otherwise.
    EnaDevarg{"enable_frag_bypass", "1", {25, 7, 0}, kNever},
};

std::optional<rte_pci_addr> pci_address(std::string_view device) {
  rte_pci_addr address{};
  return rte_pci_addr_parse(std::string(device.substr(0, device.find(','))).c_str(), &address) == 0
             ? std::optional(address)
             : std::nullopt;
}

/// Whether `device` has ",key=" behind its address.
bool has_devarg(std::string_view device, std::string_view key) {
  for (std::size_t comma = device.find(','); comma != std::string_view::npos;
       comma = device.find(',', comma + 1)) {
    const std::string_view devarg = device.substr(comma + 1);
    if (devarg.starts_with(key) && devarg.substr(key.size()).starts_with('=')) {
      return true;
    }
  }
  return false;
}

std::uint32_t hex_number(const std::filesystem::path& file) {
  std::uint32_t number = 0;
  std::ifstream(file) >> std::hex >> number;
  return number;
}

}  // namespace

// rte_version_year() and the like are experimental in DPDK 22.11.
DpdkVersion running_dpdk_version() { return DpdkVersion::parse(rte_version()); }

bool is_pci_device(std::string_view device) { return pci_address(device).has_value(); }

std::string device_name(std::string_view device) {
  const auto address = pci_address(device);
  if (!address) {
    return std::string(device.substr(0, device.find(',')));
  }
  std::array<char, PCI_PRI_STR_SIZE> name{};
  rte_pci_device_name(&*address, name.data(), name.size());
  return name.data();
}

bool is_ena(std::string_view device, const std::filesystem::path& root) {
  if (!is_pci_device(device)) {
    return false;
  }
  const std::filesystem::path folder = root / "sys/bus/pci/devices" / device_name(device);
  return hex_number(folder / "vendor") == kAmazon &&
         std::ranges::find(kEnaDevices, hex_number(folder / "device")) != kEnaDevices.end();
}

std::string with_ena_devargs(std::string_view ena_device, const DpdkVersion& version) {
  std::string device(ena_device);
  for (const EnaDevarg& devarg : kEnaDevargs) {
    if (version >= devarg.from && version < devarg.before && !has_devarg(ena_device, devarg.key)) {
      device.append(",").append(devarg.key).append("=").append(devarg.value);
    }
  }
  return device;
}

}  // namespace natto
