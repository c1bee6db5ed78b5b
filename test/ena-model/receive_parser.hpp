#pragma once

// What the card says of a packet that it receives: protocols, checksums, fragment, RSS hash.

#include <array>
#include <cstdint>

#include "internet.hpp"

namespace ena_model {

/// Toeplitz's key in the order of Microsoft's RSS specification.
using RssKeyBytes = std::array<std::uint8_t, 40>;

/// What a card has until its driver sets another; the drivers of DPDK ask for it, and set that.
inline constexpr RssKeyBytes kFactoryKey = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

/// How a generation of cards differs.
struct ReceiveChecks {
  bool l3 = true;  ///< IPv4 header checksums are looked at; otherwise "wrong or unchecked" is set
  bool l4 = true;  ///< so are those of TCP and UDP; otherwise nothing is said of them
};

struct Received {
  std::uint32_t status = 0;  ///< RxStatus and protocols, without phase, first and last
  std::uint32_t hash = 0;
  bool hashed = false;  ///< by addresses and ports; otherwise it goes to the first queue
};

[[nodiscard]] Received examine(Bytes frame, const RssKeyBytes& key, const ReceiveChecks& checks);

/// Toeplitz over `input`, of at most 36 bytes.
[[nodiscard]] std::uint32_t toeplitz(Bytes input, const RssKeyBytes& key);

}  // namespace ena_model
