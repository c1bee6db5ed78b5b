#include "inspect/sealed.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

constexpr std::uint8_t kEsp = 50;
constexpr std::uint16_t kSsh = 22;
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

/// Begins with a record of any type, and so may lie in the midst of a connection.
bool is_tls(std::string_view bytes) {
  constexpr unsigned kMostRecordBytes = (1U << 14U) + 2048;  // RFC 5246 §6.2.3
  const unsigned length = byte_at(bytes, 3) * 256U + byte_at(bytes, 4);
  return bytes.size() > 5 && byte_at(bytes, 0) >= 20 && byte_at(bytes, 0) <= 23 &&
         byte_at(bytes, 1) == 3 && byte_at(bytes, 2) <= 4 && length > 0 &&
         length <= kMostRecordBytes;
}

bool is_dtls(std::string_view bytes) {
  const std::uint8_t minor = byte_at(bytes, 2);
  return bytes.size() > 13 && byte_at(bytes, 0) >= 20 && byte_at(bytes, 0) <= 26 &&
         byte_at(bytes, 1) == 0xfe && (minor == 0xff || minor == 0xfd || minor == 0xfc);
}

bool is_ssh(const SeenPacket& packet) {
  return packet.payload.starts_with("SSH-") || has_port(packet, kSsh);
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

/// Its headers, as far as they lie in this packet, name a coding of the body.
bool is_encoded(std::string_view bytes) {
  constexpr std::string_view kHeader = "\ncontent-encoding:";
  const std::string_view headers = bytes.substr(0, bytes.find("\r\n\r\n"));
  // clang 14 cannot compile std::ranges::search of libstdc++ 12.
  const auto* found = std::search(headers.begin(), headers.end(), kHeader.begin(), kHeader.end(),
                                  [](char a, char b) { return to_lower(a) == b; });
  if (found == headers.end()) {
    return false;
  }
  std::string_view value =
      headers.substr(static_cast<std::size_t>(found - headers.begin()) + kHeader.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return !value.starts_with("identity");
}

}  // namespace

bool begins_http(const SeenPacket& packet) {
  const std::string_view line = packet.payload.substr(0, packet.payload.find('\r'));
  return line.starts_with("HTTP/1.") || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0");
}

Sealed sealed_by(const SeenPacket& packet) {
  const std::string_view bytes = packet.payload;
  if (packet.protocol == kEsp) {
    return Sealed::kIpsec;
  }
  if (bytes.empty()) {
    return Sealed::kNo;
  }
  if (packet.protocol == protocol::kTcp) {
    return is_tls(bytes)                              ? Sealed::kTls
           : is_ssh(packet)                           ? Sealed::kSsh
           : has_port(packet, kIkeBehindNat)          ? Sealed::kIpsec
           : has_port(packet, kOpenvpnPort)           ? Sealed::kOpenvpn
           : begins_http(packet) && is_encoded(bytes) ? Sealed::kEncoded
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
