#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/result.hpp"

namespace natto {

/// "0000:00:06.0", with or without devargs: a PCI device rather than a vdev.
[[nodiscard]] bool is_pci_device(std::string_view device);

struct PortOptions {
  std::string device;            ///< PCI address (probed by EAL) or "net_xxx0,key=value,..."
  std::uint16_t queues = 1;      ///< RX and TX queue pairs
  std::uint16_t mtu = 1500;      ///< bytes
  bool checksum_offload = true;  ///< let the hardware validate received checksums
  rte_mempool* pool = nullptr;   ///< outlives the port
};

/// A started ethdev port. Control thread only; workers use id() with the burst calls.
class Port {
 public:
  /// Probes (vdevs), configures and starts the device. Refuses more queues than the device has.
  [[nodiscard]] static Result<Port> open(const PortOptions& options);

  Port(Port&& other) noexcept;
  Port& operator=(Port&&) = delete;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port();

  [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
  [[nodiscard]] const MacAddress& mac() const noexcept { return mac_; }
  /// RTE_ETH_RX_OFFLOAD_* and RTE_ETH_TX_OFFLOAD_* in use.
  [[nodiscard]] std::uint64_t rx_offloads() const noexcept { return rx_offloads_; }
  [[nodiscard]] std::uint64_t tx_offloads() const noexcept { return tx_offloads_; }

  /// RX and TX descriptors of a queue, asked for before the device rounds them.
  static constexpr std::uint16_t kDescriptors = 1024;

 private:
  explicit Port(std::uint16_t id) noexcept : id_(id) {}
  [[nodiscard]] Status configure(const PortOptions& options);

  std::uint16_t id_;
  MacAddress mac_{};
  std::uint64_t rx_offloads_ = 0;
  std::uint64_t tx_offloads_ = 0;
  bool owner_ = true;
};

}  // namespace natto
