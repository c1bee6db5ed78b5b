// Translation: of a packet that keeps parse()'s promises (parse.cpp), whatever its new addresses
// are, rewrite() and rewrite_quoted() change the named bytes alone, and these to what they should
// be. The checksums are what adjusted() makes of the old ones and of what the change adds to the
// sum: that this is right is the arithmetic of arithmetic_test.cpp, and the algebra between them is
// in doc/proof.md.

#include "packet/rewrite.hpp"

#include <array>

#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kTtl = 8;
constexpr std::size_t kHeaderChecksum = 10;
constexpr std::size_t kSource = 12;
constexpr std::size_t kIcmpChecksum = 2;

std::uint16_t raw_at(Bytes bytes, std::size_t at) { return header_at<Be16>(bytes, at).raw(); }

/// What has become of a transport checksum whose words' sum has changed by `delta`.
bool is_adjusted(TransportChecksum checksum, Bytes before, Bytes after, ChecksumDelta delta) {
  const std::uint16_t old = raw_at(before, checksum.offset);
  const std::uint16_t now = raw_at(after, checksum.offset);
  if (!checksum.zero_means_none) {
    return now == adjusted(old, delta);
  }
  if (old == 0) {
    return now == 0;
  }
  const std::uint16_t sum = adjusted(old, delta);
  return now == (sum == 0 ? 0xffff : sum);
}

bool has_addresses(Bytes after, std::size_t ip, const NewAddresses& addresses) {
  const auto& header = header_at<Ipv4Header>(after, ip);
  return header.source == addresses.source && header.destination == addresses.destination;
}

bool is_of_header(std::size_t at, std::size_t ip) {
  return is_within(at, ip + kHeaderChecksum, kSource + 8 - kHeaderChecksum);
}

bool is_of(std::size_t at, const TransportChecksum& checksum) {
  return checksum.offset != 0 && is_within(at, checksum.offset, sizeof(Be16));
}

/// That of a header of any protocol that begins at `header`.
TransportChecksum any_checksum(std::size_t header, const char* name) {
  constexpr std::uint8_t kProtocols[] = {protocol::kTcp, protocol::kUdp, protocol::kDccp, 0};
  return transport_checksum(kTransportRules[kProtocols[pick(std::size(kProtocols), name)]], header);
}

/// All that keep the promises, as far as rewriting looks at them.
ParsedPacket any_packet() {
  const auto any_header = [](const char* name) { return (5 + pick(11, name)) * 4; };
  ParsedPacket packet{};
  packet.ip_header_length = static_cast<std::uint16_t>(any_header("header_length"));
  const std::size_t transport = kIpv4Offset + packet.ip_header_length;
  if (pick(2, "is_error") == 0) {
    packet.transport = any_checksum(transport, "transport");
  } else {
    const std::size_t quote = transport + sizeof(IcmpHeader);
    packet.quoted.ip_offset = static_cast<std::uint16_t>(quote);
    packet.quoted.transport = any_checksum(quote + any_header("quoted_length"), "quoted");
  }
  return packet;
}

/// One that makes no change with `delta`. Zero has two forms.
ChecksumDelta opposite(ChecksumDelta delta, const char* name) {
  const bool is_zero = (delta.raw == 0) | (delta.raw == 0xffff);
  const std::uint16_t zero = any<bool>(name) ? 0xffff : 0;
  return {is_zero ? zero : static_cast<std::uint16_t>(~delta.raw)};
}

}  // namespace

/// The head is the longest: of what is shorter, the promises say that everything lies inside.
PROPERTY(rewrite_named_bytes) {
  const Block block(kHeadBytes, "frame");
  const std::span<std::uint8_t> head = block.bytes();
  std::array<std::uint8_t, kHeadBytes> before{};
  std::copy(head.begin(), head.end(), before.begin());
  const ParsedPacket packet = any_packet();
  const auto addresses = any_addresses("addresses");
  const auto quoted = any_addresses("quoted_addresses");
  const std::size_t icmp = kIpv4Offset + packet.ip_header_length;
  const bool is_error = packet.is_icmp_error();
  if (is_error) {
    rewrite_quoted(head, packet, quoted);
  }
  rewrite(head, packet.transport, addresses);

  PROVE(has_addresses(head, kIpv4Offset, addresses));
  PROVE(head[kIpv4Offset + kTtl] == static_cast<std::uint8_t>(before[kIpv4Offset + kTtl] - 1));
  PROVE(raw_at(head, kIpv4Offset + kHeaderChecksum) ==
        adjusted(raw_at(before, kIpv4Offset + kHeaderChecksum),
                 addresses.delta + kTtlDecrementDelta));
  PROVE(packet.transport.offset == 0 ||
        is_adjusted(packet.transport, before, head, addresses.delta));
  if (is_error) {
    const std::size_t ip = packet.quoted.ip_offset;
    const TransportChecksum& transport = packet.quoted.transport;
    PROVE(has_addresses(head, ip, quoted));
    PROVE(raw_at(head, ip + kHeaderChecksum) ==
          adjusted(raw_at(before, ip + kHeaderChecksum), quoted.delta));
    PROVE(transport.offset == 0 || is_adjusted(transport, before, head, quoted.delta));
    // The error's own checksum covers both of them, and the addresses.
    const auto change_at = [&](std::size_t at) {
      return checksum_delta(Be16::from_raw(raw_at(before, at)), Be16::from_raw(raw_at(head, at)));
    };
    ChecksumDelta changes = quoted.delta + change_at(ip + kHeaderChecksum);
    if (transport.offset != 0) {
      changes = changes + change_at(transport.offset);
    }
    PROVE(raw_at(head, icmp + kIcmpChecksum) ==
          adjusted(raw_at(before, icmp + kIcmpChecksum), changes));
  }
  for (std::size_t at = 0; at < head.size(); ++at) {
    const bool may_change = at == kIpv4Offset + kTtl || is_of_header(at, kIpv4Offset) ||
                            is_of(at, packet.transport) ||
                            (is_error && (is_within(at, icmp + kIcmpChecksum, sizeof(Be16)) ||
                                          is_of_header(at, packet.quoted.ip_offset) ||
                                          is_of(at, packet.quoted.transport)));
    PROVE(may_change || head[at] == before[at]);
  }
}

/// A translation and its way back give the packet that went in, but for its TTL and what that makes
/// of the header checksum. Zero has two forms: where a checksum was ffff, and may be 0, it comes
/// back so.
PROPERTY(round_trip) {
  const Block block(kHeadBytes, "frame");
  const std::span<std::uint8_t> head = block.bytes();
  std::array<std::uint8_t, kHeadBytes> before{};
  std::copy(head.begin(), head.end(), before.begin());
  const ParsedPacket packet = any_packet();
  const bool is_error = packet.is_icmp_error();
  const std::size_t icmp = kIpv4Offset + packet.ip_header_length;

  // What goes back has the addresses that came, and takes off each sum what was added to it.
  const auto way_back = [&](const NewAddresses& there, std::size_t ip, const char* name) {
    const auto& header = header_at<Ipv4Header>(Bytes(before), ip);
    return NewAddresses{header.source, header.destination, opposite(there.delta, name)};
  };
  const auto there = any_addresses("addresses");
  const NewAddresses back = way_back(there, kIpv4Offset, "back");
  if (is_error) {
    const auto quoted_there = any_addresses("quoted_addresses");
    rewrite_quoted(head, packet, quoted_there);
    rewrite(head, packet.transport, there);
    rewrite_quoted(head, packet, way_back(quoted_there, packet.quoted.ip_offset, "quoted_back"));
  } else {
    rewrite(head, packet.transport, there);
  }
  rewrite(head, packet.transport, back);

  const auto came_back = [&](std::size_t at) {
    const std::uint16_t old = raw_at(before, at);
    const std::uint16_t now = raw_at(head, at);
    return (now == old) | ((old == 0xffff) & (now == 0));
  };
  PROVE(head[kIpv4Offset + kTtl] == static_cast<std::uint8_t>(before[kIpv4Offset + kTtl] - 2));
  const std::uint16_t ttl_less = adjusted(raw_at(before, kIpv4Offset + kHeaderChecksum),
                                          kTtlDecrementDelta + kTtlDecrementDelta);
  PROVE(raw_at(head, kIpv4Offset + kHeaderChecksum) == ttl_less);
  PROVE(packet.transport.offset == 0 || came_back(packet.transport.offset));
  PROVE(!packet.transport.zero_means_none ||
        raw_at(head, packet.transport.offset) == raw_at(before, packet.transport.offset));
  if (is_error) {
    PROVE(came_back(packet.quoted.ip_offset + kHeaderChecksum));
    PROVE(packet.quoted.transport.offset == 0 || came_back(packet.quoted.transport.offset));
#ifndef NATTO_KLEE  // what three changes at once add up to, Z3 does not find out: it is in
                    // doc/proof.md
    PROVE(came_back(icmp + kIcmpChecksum));
#endif
  }
  for (std::size_t at = 0; at < head.size(); ++at) {
    const bool is_checksum =
        is_within(at, kIpv4Offset + kTtl, 1) || is_within(at, kIpv4Offset + kHeaderChecksum, 2) ||
        is_of(at, packet.transport) ||
        (is_error && (is_within(at, icmp + kIcmpChecksum, 2) ||
                      is_within(at, packet.quoted.ip_offset + kHeaderChecksum, 2) ||
                      is_of(at, packet.quoted.transport)));
    PROVE(is_checksum || head[at] == before[at]);
  }
}
