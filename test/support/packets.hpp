#pragma once

// IPv4 packets to order. Every field has a sensible value until a test changes it; checksums are
// right unless a test breaks them afterwards.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/address.hpp"
#include "support/bytes.hpp"
#include "support/reference.hpp"

namespace natto::test {

struct PacketSpec {
  std::string_view source = "10.1.1.10";
  std::string_view destination = "172.30.7.20";
  std::uint8_t protocol = 17;
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  std::uint16_t identification = 0x1234;
  std::uint16_t fragment = 0x4000;  ///< flags and offset as in the header; DF
  Bytes options = {};               ///< a multiple of 4 bytes
  Bytes payload = {};               ///< the transport header and what follows
};

/// The IPv4 packet with the right header checksum; the payload is as given.
[[nodiscard]] inline Bytes make_packet(const PacketSpec& spec) {
  const std::size_t header = 20 + spec.options.size();
  Bytes l3(header);
  l3[0] = static_cast<std::uint8_t>(0x40 | header / 4);
  l3[1] = spec.tos;
  write16(l3, 2, static_cast<std::uint16_t>(header + spec.payload.size()));
  write16(l3, 4, spec.identification);
  write16(l3, 6, spec.fragment);
  l3[8] = spec.ttl;
  l3[9] = spec.protocol;
  const auto put_address = [&](std::size_t at, std::string_view text) {
    const std::uint32_t address = parse_ipv4_address(text).value().host();
    write16(l3, at, static_cast<std::uint16_t>(address >> 16));
    write16(l3, at + 2, static_cast<std::uint16_t>(address));
  };
  put_address(12, spec.source);
  put_address(16, spec.destination);
  std::copy(spec.options.begin(), spec.options.end(), l3.begin() + 20);
  fix_ip_checksum(l3);
  l3.insert(l3.end(), spec.payload.begin(), spec.payload.end());
  return l3;
}

/// With a UDP header (ports 5000 and 53, right checksum) before `data`.
[[nodiscard]] inline Bytes make_udp(PacketSpec spec, const Bytes& data) {
  spec.protocol = 17;
  spec.payload = from_hex("1388 0035 0000 0000");
  write16(spec.payload, 4, static_cast<std::uint16_t>(8 + data.size()));
  spec.payload.insert(spec.payload.end(), data.begin(), data.end());
  Bytes l3 = make_packet(spec);
  const std::size_t at = l3.size() - spec.payload.size() + 6;
  const std::uint16_t sum = reference_transport_checksum(l3, 6);
  write16(l3, at, sum == 0 ? 0xffff : sum);
  return l3;
}

/// With a TCP header (ports 40000 and 443, SYN, right checksum) before `data`.
[[nodiscard]] inline Bytes make_tcp(PacketSpec spec, const Bytes& data) {
  spec.protocol = 6;
  spec.payload = from_hex("9c40 01bb 01020304 00000000 5002 faf0 0000 0000");
  spec.payload.insert(spec.payload.end(), data.begin(), data.end());
  Bytes l3 = make_packet(spec);
  write16(l3, l3.size() - spec.payload.size() + 16, reference_transport_checksum(l3, 16));
  return l3;
}

/// An ICMP message of `type` with `rest` after the checksum.
[[nodiscard]] inline Bytes make_icmp(PacketSpec spec, std::uint8_t type, const Bytes& rest) {
  spec.protocol = 1;
  spec.payload = Bytes(4 + rest.size());
  spec.payload[0] = type;
  std::copy(rest.begin(), rest.end(), spec.payload.begin() + 4);
  write16(spec.payload, 2, reference_checksum(spec.payload));
  return make_packet(spec);
}

/// An ICMP error of `type` that quotes `quote`: four unused bytes are before it (RFC 792).
[[nodiscard]] inline Bytes make_icmp_error(const PacketSpec& spec, std::uint8_t type,
                                           const Bytes& quote) {
  Bytes rest(4 + quote.size());
  std::copy(quote.begin(), quote.end(), rest.begin() + 4);
  return make_icmp(spec, type, rest);
}

}  // namespace natto::test
