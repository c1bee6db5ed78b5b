#pragma once

// What the card says of a packet that it receives: protocols, checksums, fragment, RSS hash.

#include <array>
#include <cstdint>

#include "internet.hpp"

namespace ena_model {

/// Toeplitz's key in the order of Microsoft's RSS specification.
using RssKeyBytes = std::array<std::uint8_t, 40>;

/// How a generation of cards differs.
struct ReceiveChecks {
  bool l3 = true;  ///< IPv4 header checksums are looked at; otherwise "wrong or unchecked" is set
  bool l4 = true;  ///< so are those of TCP and UDP; otherwise nothing is said of them
  /// A wrong one of TCP or UDP is one not looked at, as drivers from 22.03 to 22.11.5 told of it.
  bool hides_wrong_l4 = false;
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
