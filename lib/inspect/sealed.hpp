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
  kEncoded,    ///< HTTP's Content-Encoding (RFC 9110 §8.4)
};
inline constexpr std::size_t kSealedKinds = 9;

[[nodiscard]] constexpr std::string_view name_of(Sealed sealed) {
  constexpr std::array<std::string_view, kSealedKinds> kNames = {
      "", "TLS", "DTLS", "QUIC", "SSH", "IPsec", "WireGuard", "OpenVPN", "compressed HTTP"};
  return kNames[static_cast<std::size_t>(sealed)];
}

/// Of a packet by itself. A stream that was sealed once stays so, which is for the caller to keep:
/// kNo says only that this packet does not show it. HTTP's next message ends kEncoded.
[[nodiscard]] Sealed sealed_by(const SeenPacket& packet);
/// A message of HTTP/1 begins with the packet.
[[nodiscard]] bool begins_http(const SeenPacket& packet);

}  // namespace natto
