#include "inspect/sealed.hpp"

#include "packet/wire.hpp"

namespace natto {
namespace {

constexpr std::uint8_t kEsp = 50;
constexpr std::uint16_t kHttps = 443;
constexpr std::uint16_t kIke = 500;
constexpr std::uint16_t kIkeBehindNat = 4500;
constexpr std::uint16_t kOpenvpnPort = 1194;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : 0;
}

bool has_port(const SeenPacket& packet, std::uint16_t port) {
  return packet.source_port == port || packet.destination_port == port;
}

/// A record that begins a handshake: a hello of either side.
bool is_tls(std::string_view bytes) {
  return bytes.size() > 5 && byte_at(bytes, 0) == 22 && byte_at(bytes, 1) == 3 &&
         byte_at(bytes, 2) <= 4 && (byte_at(bytes, 5) == 1 || byte_at(bytes, 5) == 2);
}

bool is_dtls(std::string_view bytes) {
  const std::uint8_t minor = byte_at(bytes, 2);
  return bytes.size() > 13 && byte_at(bytes, 0) >= 20 && byte_at(bytes, 0) <= 26 &&
         byte_at(bytes, 1) == 0xfe && (minor == 0xff || minor == 0xfd || minor == 0xfc);
}

/// With a long header, as the first packets of a connection have; the others show nothing.
bool is_quic(std::string_view bytes) {
  using namespace std::string_view_literals;
  const std::string_view version = bytes.substr(bytes.empty() ? 0 : 1, 4);
  return (byte_at(bytes, 0) & 0xc0U) == 0xc0U &&
         (version == "\0\0\0\1"sv || version == "\x6b\x33\x43\xcf"sv);
}

bool is_wireguard(std::string_view bytes) {
  if (bytes.size() < 32 || byte_at(bytes, 1) != 0 || byte_at(bytes, 2) != 0 ||
      byte_at(bytes, 3) != 0) {
    return false;
  }
  switch (byte_at(bytes, 0)) {
    case 1:
      return bytes.size() == 148;
    case 2:
      return bytes.size() == 92;
    case 3:
      return bytes.size() == 64;
    case 4:
      return bytes.size() % 16 == 0;
    default:
      return false;
  }
}

}  // namespace

Sealed sealed_by(const SeenPacket& packet) {
  const std::string_view bytes = packet.payload;
  if (packet.protocol == kEsp) {
    return Sealed::kIpsec;
  }
  if (bytes.empty()) {
    return Sealed::kNo;
  }
  if (packet.protocol == protocol::kTcp) {
    return is_tls(bytes)                     ? Sealed::kTls
           : bytes.starts_with("SSH-")       ? Sealed::kSsh
           : has_port(packet, kIkeBehindNat) ? Sealed::kIpsec
           : has_port(packet, kOpenvpnPort)  ? Sealed::kOpenvpn
                                             : Sealed::kNo;
  }
  if (packet.protocol == protocol::kUdp) {
    return has_port(packet, kIke) || has_port(packet, kIkeBehindNat) ? Sealed::kIpsec
           : has_port(packet, kOpenvpnPort)                          ? Sealed::kOpenvpn
           : has_port(packet, kHttps) || is_quic(bytes)              ? Sealed::kQuic
           : is_dtls(bytes)                                          ? Sealed::kDtls
           : is_wireguard(bytes)                                     ? Sealed::kWireguard
                                                                     : Sealed::kNo;
  }
  return Sealed::kNo;
}

}  // namespace natto
