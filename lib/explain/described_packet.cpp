#include "explain/described_packet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "packet/checksum.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

/// In tcpdump's order.
constexpr std::array<std::pair<char, std::uint8_t>, 8> kTcpFlags = {{
    {'F', 0x01},
    {'S', 0x02},
    {'R', 0x04},
    {'P', 0x08},
    {'.', 0x10},
    {'U', 0x20},
    {'E', 0x40},
    {'W', 0x80},
}};

constexpr std::size_t kQuotedBytes = sizeof(Ipv4Header) + sizeof(UdpHeader);
constexpr std::size_t kTcpHeaderBytes = 20;
constexpr std::size_t kTcpChecksum = 16;
constexpr std::size_t kUdpChecksum = 6;

bool is_icmp_error(const DescribedPacket& packet) noexcept {
  return packet.protocol == protocol::kIcmp &&
         (packet.icmp_type == icmp::kDestinationUnreachable ||
          packet.icmp_type == icmp::kTimeExceeded || packet.icmp_type == icmp::kParameterProblem);
}

/// Writes an IPv4 header for `packet` at the first byte of `out`, which has `packet.length` bytes.
void write_ip(std::span<std::uint8_t> out, const DescribedPacket& packet) {
  auto& ip = header_at<Ipv4Header>(out, 0);
  ip = {.version_ihl = 0x45,
        .tos = 0,
        .total_length = Be16::from_host(packet.length),
        .identification = {},
        .fragment = Be16::from_host(packet.dont_fragment ? 0x4000 : 0),
        .ttl = packet.ttl,
        .protocol = packet.protocol,
        .checksum = {},
        .source = packet.source,
        .destination = packet.destination};
  ip.checksum = internet_checksum(out.first(sizeof(Ipv4Header)));
}

/// The transport checksum of the payload behind `ip`, at `offset` into it and zero there (RFC 9293
/// §3.1, RFC 768).
void write_transport_checksum(const Ipv4Header& ip, std::span<std::uint8_t> payload,
                              std::size_t offset) {
  std::array<std::uint8_t, 12> pseudo{};
  const std::span<std::uint8_t> header(pseudo);
  header_at<Ipv4Address>(header, 0) = ip.source;
  header_at<Ipv4Address>(header, 4) = ip.destination;
  header[9] = ip.protocol;
  header_at<Be16>(header, 10) = Be16::from_host(static_cast<std::uint16_t>(payload.size()));
  const auto sum = static_cast<std::uint16_t>(
      ~ones_sum(std::span<const std::uint8_t>(payload), ones_sum(header)));
  header_at<Be16>(payload, offset) = Be16::from_raw(sum == 0 ? std::uint16_t{0xffff} : sum);
}

void write_payload(std::span<std::uint8_t> payload, const DescribedPacket& packet,
                   const Ipv4Header& ip) {
  const auto write_ports = [&] {
    header_at<Be16>(payload, 0) = Be16::from_host(packet.source_port);
    header_at<Be16>(payload, 2) = Be16::from_host(packet.destination_port);
  };
  switch (packet.protocol) {
    case protocol::kTcp:
      write_ports();
      payload[12] = 5U << 4U;  // data offset: 5 words
      payload[13] = packet.tcp_flags;
      write_transport_checksum(ip, payload, kTcpChecksum);
      break;
    case protocol::kUdp:
    case protocol::kUdpLite:
      write_ports();
      header_at<UdpHeader>(payload, 0).length =
          Be16::from_host(static_cast<std::uint16_t>(payload.size()));
      write_transport_checksum(ip, payload, kUdpChecksum);
      break;
    case protocol::kIcmp:
      payload[0] = packet.icmp_type;
      if (is_icmp_error(packet)) {
        DescribedPacket quoted{.source = packet.destination, .destination = packet.source};
        quoted.length = kQuotedBytes;
        quoted.source_port = packet.destination_port;
        quoted.destination_port = packet.source_port;
        const auto frame = frame_of(quoted);
        std::ranges::copy(std::span(frame).subspan(kIpv4Offset),
                          payload.begin() + sizeof(IcmpHeader));
      }
      header_at<IcmpHeader>(payload, 0).checksum = internet_checksum(payload);
      break;
    case protocol::kDccp:
    case protocol::kSctp:
      write_ports();
      break;
    default:
      break;
  }
}

}  // namespace

std::uint16_t least_bytes(const DescribedPacket& packet) noexcept {
  return static_cast<std::uint16_t>(sizeof(Ipv4Header) + (is_icmp_error(packet)
                                                              ? sizeof(IcmpHeader) + kQuotedBytes
                                                              : kTcpHeaderBytes));
}

std::vector<std::uint8_t> frame_of(const DescribedPacket& packet) {
  std::vector<std::uint8_t> frame(kIpv4Offset + packet.length);
  const std::span<std::uint8_t> bytes(frame);
  header_at<EthernetHeader>(bytes, 0) = {.destination = {{2, 0, 0, 0, 0, 2}},
                                         .source = {{2, 0, 0, 0, 0, 1}},
                                         .ethertype = Be16::from_host(ethertype::kIpv4)};
  const auto packet_bytes = bytes.subspan(kIpv4Offset);
  write_ip(packet_bytes, packet);
  write_payload(packet_bytes.subspan(sizeof(Ipv4Header)), packet,
                header_at<Ipv4Header>(packet_bytes, 0));
  return frame;
}

std::optional<std::uint8_t> parse_tcp_flags(std::string_view text) {
  std::uint8_t flags = 0;
  for (const char letter : text) {
    const auto* found = std::ranges::find(kTcpFlags, letter == 'A' ? '.' : letter,
                                          &decltype(kTcpFlags)::value_type::first);
    if (found == kTcpFlags.end()) {
      return std::nullopt;
    }
    flags = static_cast<std::uint8_t>(flags | found->second);
  }
  return flags;
}

std::string tcp_flags_name(std::uint8_t flags) {
  std::string name;
  for (const auto& [letter, bit] : kTcpFlags) {
    if ((flags & bit) != 0) {
      name += letter;
    }
  }
  return name.empty() ? "none" : name;
}

}  // namespace natto
