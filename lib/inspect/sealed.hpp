#pragma once

// Payloads that nobody can look into, known by how they begin or by their port.

#include <array>
#include <cstdint>
#include <string_view>

#include "inspect/seen_packet.hpp"

namespace natto {

enum class Sealed : std::uint8_t {
  kNo,
  kTls,        ///< RFC 8446, RFC 5246; also in the midst of a connection (STARTTLS)
  kDtls,       ///< RFC 9147, RFC 6347
  kQuic,       ///< RFC 9000, RFC 9369
  kSsh,        ///< RFC 4253
  kIpsec,      ///< IKE, ESP in UDP or not (RFC 7296, RFC 3948, RFC 4303)
  kWireguard,  ///< its white paper, §5.4
  kOpenvpn,    ///< IANA's port
};
inline constexpr std::size_t kSealedKinds = 8;

[[nodiscard]] constexpr std::string_view name_of(Sealed sealed) {
  constexpr std::array<std::string_view, kSealedKinds> kNames = {
      "", "TLS", "DTLS", "QUIC", "SSH", "IPsec", "WireGuard", "OpenVPN"};
  return kNames[static_cast<std::size_t>(sealed)];
}

/// Of a packet by itself. A stream that was sealed once stays so, which is for the caller to keep:
/// kNo says only that this packet does not show it.
[[nodiscard]] Sealed sealed_by(const SeenPacket& packet);

}  // namespace natto
