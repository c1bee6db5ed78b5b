#pragma once

// What the driver of a network interface says (SIOCETHTOOL, netdevice(7)).

#include <cstdint>
#include <optional>
#include <string>

namespace natto {

/// Mbit/s; 0: it does not say. `descriptor`: any socket's in the interface's network namespace.
[[nodiscard]] std::uint32_t speed_of(int descriptor, const std::string& interface);

/// Whether the interface computes the TCP and UDP checksums of what it sends, so that the kernel
/// leaves them to it. Absent: it does not say.
[[nodiscard]] std::optional<bool> computes_checksums(int descriptor, const std::string& interface);

}  // namespace natto
