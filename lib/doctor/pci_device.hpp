#pragma once

// Facts about one PCI device from /sys. An absent value could not be read.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/tree.hpp"

namespace natto {

struct PciDevice {
  enum class Presence : std::uint8_t { kUnseen, kAbsent, kPresent };

  std::string address;  ///< as /sys names it, "0000:00:06.0"
  Presence presence = Presence::kUnseen;
  std::string driver = {};  ///< empty: none
  std::optional<std::int64_t> vendor = {};
  std::optional<std::int64_t> numa_node = {};         ///< -1: the firmware does not say
  std::vector<std::uint64_t> prefetchable_bars = {};  ///< their physical addresses
  bool has_wc_resource = false;                       ///< the kernel can map one write-combining
  std::optional<unsigned> msix_vectors = {};          ///< of its configuration space: root only

  [[nodiscard]] bool is_ena() const noexcept { return vendor == 0x1d0f; }
  /// A driver that gives programs access to the device.
  [[nodiscard]] bool is_for_dpdk() const noexcept {
    return driver == "vfio-pci" || driver == "igb_uio" || driver == "uio_pci_generic";
  }
};

/// "0000:00:06.0" of "0000:00:06.0", "00:06.0" and either with devargs behind a comma. Absent: it
/// is no PCI device.
[[nodiscard]] std::optional<std::string> pci_address(std::string_view device);

[[nodiscard]] PciDevice read_pci_device(const Tree& tree, const std::string& address);

/// The network cards of the machine that a driver for DPDK has.
[[nodiscard]] std::vector<PciDevice> devices_for_dpdk(const Tree& tree);

}  // namespace natto
