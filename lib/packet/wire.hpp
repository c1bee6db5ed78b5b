#pragma once

// The headers natto reads and writes, as they lie in a frame. Every struct is made of bytes and
// BigEndian integers, so its alignment is 1 and it may overlay any offset of a packet.

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/address.hpp"
#include "base/endian.hpp"

namespace natto {

/// What a station puts before the type of its frames.
struct EthernetAddresses {
  MacAddress destination;
  MacAddress source;
};
static_assert(sizeof(EthernetAddresses) == 12);

/// IEEE 802.3.
struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  Be16 ethertype;
};
static_assert(sizeof(EthernetHeader) == 14);

namespace ethertype {
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint16_t kVlan = 0x8100;         ///< IEEE 802.1Q
inline constexpr std::uint16_t kVlanOld = 0x9100;      ///< QinQ before 802.1ad
inline constexpr std::uint16_t kServiceVlan = 0x88a8;  ///< IEEE 802.1ad
inline constexpr std::uint16_t kIpv6 = 0x86dd;
}  // namespace ethertype

/// RFC 826, for Ethernet and IPv4.
struct ArpPacket {
  Be16 hardware_type;  ///< 1: Ethernet
  Be16 protocol_type;  ///< 0x0800: IPv4
  std::uint8_t hardware_length;
  std::uint8_t protocol_length;
  Be16 operation;  ///< 1: request, 2: reply
  MacAddress sender_mac;
  Ipv4Address sender;
  MacAddress target_mac;
  Ipv4Address target;
};
static_assert(sizeof(ArpPacket) == 28);

/// RFC 791 §3.1, without the options.
struct Ipv4Header {
  std::uint8_t version_ihl;
  std::uint8_t tos;
  Be16 total_length;  ///< bytes, header included
  Be16 identification;
  Be16 fragment;  ///< reserved bit, DF, MF, 13 bits of offset in 8-byte units
  std::uint8_t ttl;
  std::uint8_t protocol;
  Be16 checksum;
  Ipv4Address source;
  Ipv4Address destination;

  [[nodiscard]] constexpr unsigned version() const noexcept { return version_ihl >> 4U; }
  /// Bytes, options included.
  [[nodiscard]] constexpr unsigned header_length() const noexcept {
    return (version_ihl & 0x0fU) * 4U;
  }
  [[nodiscard]] constexpr bool dont_fragment() const noexcept {
    return (fragment.host() & 0x4000U) != 0;
  }
  [[nodiscard]] constexpr bool more_fragments() const noexcept {
    return (fragment.host() & 0x2000U) != 0;
  }
  /// Bytes from the start of the original datagram's payload.
  [[nodiscard]] constexpr unsigned fragment_offset() const noexcept {
    return (fragment.host() & 0x1fffU) * 8U;
  }
};
static_assert(sizeof(Ipv4Header) == 20);

/// Source and destination, one after the other as they stand in the header.
using AddressPair = std::uint64_t;
static_assert(offsetof(Ipv4Header, destination) ==
              offsetof(Ipv4Header, source) + sizeof(Ipv4Address));
[[nodiscard]] inline AddressPair addresses_of(const Ipv4Header& ip) noexcept {
  AddressPair addresses;
  std::memcpy(&addresses, reinterpret_cast<const std::uint8_t*>(&ip) + offsetof(Ipv4Header, source),
              sizeof(addresses));
  return addresses;
}

namespace protocol {
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kDccp = 33;                  ///< RFC 4340
inline constexpr std::uint8_t kAuthenticationHeader = 51;  ///< RFC 4302
inline constexpr std::uint8_t kSctp = 132;                 ///< RFC 9260
inline constexpr std::uint8_t kUdpLite = 136;              ///< RFC 3828
}  // namespace protocol

/// RFC 768.
struct UdpHeader {
  Be16 source_port;
  Be16 destination_port;
  Be16 length;  ///< bytes, header included
  Be16 checksum;
};
static_assert(sizeof(UdpHeader) == 8);

/// RFC 9293 §3.1, without the options.
struct TcpHeader {
  static constexpr std::uint8_t kSyn = 0x02;
  static constexpr std::uint8_t kAck = 0x10;

  Be16 source_port;
  Be16 destination_port;
  Be32 sequence;
  Be32 acknowledgment;
  std::uint8_t data_offset;  ///< 32-bit words in the upper half
  std::uint8_t flags;
  Be16 window;
  Be16 checksum;
  Be16 urgent;

  /// Whether these are the flags of the first segment of a connection.
  [[nodiscard]] static constexpr bool opens(std::uint8_t flags) noexcept {
    return (flags & (kSyn | kAck)) == kSyn;
  }
  /// Bytes, options included.
  [[nodiscard]] constexpr unsigned header_length() const noexcept {
    return (data_offset >> 4U) * 4U;
  }
};
static_assert(sizeof(TcpHeader) == 20);

/// RFC 792: the fixed part of every message.
struct IcmpHeader {
  std::uint8_t type;
  std::uint8_t code;
  Be16 checksum;
  std::array<std::uint8_t, 4> rest;
};
static_assert(sizeof(IcmpHeader) == 8);

namespace icmp {
inline constexpr std::uint8_t kEchoReply = 0;
inline constexpr std::uint8_t kDestinationUnreachable = 3;
inline constexpr std::uint8_t kSourceQuench = 4;
inline constexpr std::uint8_t kRedirect = 5;
inline constexpr std::uint8_t kEchoRequest = 8;
inline constexpr std::uint8_t kTimeExceeded = 11;
inline constexpr std::uint8_t kParameterProblem = 12;
}  // namespace icmp

inline constexpr std::size_t kIpv4Offset = sizeof(EthernetHeader);

/// Views the bytes at `offset` as a T: the only place where packet bytes are reinterpreted. The
/// caller has checked that T lies inside `bytes`.
template <typename T, typename Byte>
[[nodiscard]] auto& header_at(std::span<Byte> bytes, std::size_t offset) noexcept {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
  static_assert(sizeof(Byte) == 1);
  assert(offset + sizeof(T) <= bytes.size());
  using Target = std::conditional_t<std::is_const_v<Byte>, const T, T>;
  return *reinterpret_cast<Target*>(bytes.data() + offset);
}

}  // namespace natto
