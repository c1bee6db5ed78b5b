#pragma once

// Checks the network cards: pure functions from facts to findings. If `needs` is null, they check
// the cards that a driver for DPDK has.

#include "doctor/finding.hpp"
#include "doctor/machine.hpp"
#include "doctor/needs.hpp"
#include "doctor/pci_device.hpp"
#include "netdev/veth.hpp"

namespace natto {

/// How programs reach devices: an IOMMU, or vfio without one.
[[nodiscard]] Finding check_iommu(const Machine& machine, const std::vector<PciDevice>& devices);
/// How DPDK addresses memory for the devices.
[[nodiscard]] Finding check_iova(const Machine& machine, const std::vector<PciDevice>& devices,
                                 const Needs* needs);
/// Advice to give the card at `address` to DPDK.
[[nodiscard]] std::string how_to_bind(std::string_view address);
[[nodiscard]] Finding check_driver(const PciDevice& device);
/// Of an ENA card, or one that may be.
[[nodiscard]] Finding check_write_combining(const Machine& machine, const PciDevice& device);
/// Of an ENA card, or one that may be; `device_text` is `device` of natto.toml with its arguments.
[[nodiscard]] Finding check_llq(const PciDevice& device, std::string_view device_text,
                                const DpdkVersion& dpdk);
[[nodiscard]] Finding check_numa(const Machine& machine, const PciDevice& device,
                                 const Needs& needs);
[[nodiscard]] Finding check_queues(const PciDevice& device, std::size_t workers);

/// What carries a port's packets. `mtu` is absent where it cannot be read.
struct Link {
  std::string name;
  std::optional<std::int64_t> mtu;
};
/// The kernel's interface that a vdev is on; on EC2 the VPC that a network card is in.
[[nodiscard]] Link link_of(const PortConfig& port, const Machine& machine, const Tree& tree);
[[nodiscard]] Finding check_mtu(const PortConfig& port, const Link& link);

/// The kernel's interface that a vdev joins; absent: none.
[[nodiscard]] std::optional<std::string> interface_of(const PortConfig& port);
/// `peer`: the other end of the veth that the port is on.
[[nodiscard]] Finding check_checksums(const PortConfig& port, const VethPeer& peer);

}  // namespace natto
