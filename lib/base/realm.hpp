#pragma once

#include <cstddef>
#include <cstdint>

namespace natto {

/// Index of a realm, which is the index of its port in Config::ports: a realm is the network
/// reached through one port.
using RealmId = std::uint8_t;
inline constexpr std::size_t kMaxPorts = 32;

}  // namespace natto
