#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/address.hpp"
#include "base/result.hpp"

namespace natto {

/// A network interface of the kernel whose wire is this object: a TAP device (tun(4), Linux
/// Documentation/networking/tuntap.rst). It disappears with the object. Nothing here waits. Control
/// side, one thread.
class KernelInterface {
 public:
  struct Settings {
    std::string name;  ///< no interface of the machine has it; 1 to 15 characters
    MacAddress mac;
    Ipv4Prefix address;  ///< with the prefix length of its subnet, which becomes a route
    std::uint16_t mtu;   ///< bytes from the IPv4 header on
  };

  /// The interface, up, in the network namespace of the calling thread. Needs /dev/net/tun and
  /// CAP_NET_ADMIN. IPv6 is off on it, if /proc/sys may be written.
  [[nodiscard]] static Result<KernelInterface> create(const Settings& settings);

  /// Of a descriptor that takes and gives one whole frame at a time and never waits; takes it over.
  explicit KernelInterface(int descriptor) noexcept : descriptor_(descriptor) {}
  KernelInterface(KernelInterface&& other) noexcept;
  KernelInterface& operator=(KernelInterface&&) = delete;
  ~KernelInterface();

  /// Gives the kernel an Ethernet frame. False: the kernel refuses it, since the interface is down
  /// or memory is short.
  [[nodiscard]] bool give(std::span<const std::uint8_t> frame) noexcept;

  /// The next Ethernet frame that the kernel sends, in `buffer`, cut to its size; empty if there is
  /// none.
  [[nodiscard]] std::span<const std::uint8_t> take(std::span<std::uint8_t> buffer) noexcept;

 private:
  int descriptor_;
};

}  // namespace natto
