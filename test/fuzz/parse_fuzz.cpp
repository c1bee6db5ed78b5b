// Any bytes as a frame, through parse, the fast path's shape, and rewrite. The head lies in a heap
// block of exactly its size, so that the sanitizer sees every access beyond it.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fuzz/check.hpp"
#include "packet/parse.hpp"
#include "packet/plain.hpp"
#include "packet/rewrite.hpp"

using namespace natto;

namespace {

constexpr Replacement replacement(Ipv4Address before, Ipv4Address after) {
  return {after, checksum_delta(before.bits, after.bits)};
}

bool within(std::size_t at, std::size_t first, std::size_t size) {
  return at >= first && at < first + size;
}

/// Whether translating `packet` may change the byte at `at`.
bool may_change(std::size_t at, const ParsedPacket& packet) {
  const auto header = [at](std::size_t ip) {
    return within(at, ip + 10, 10);  // checksum and both addresses
  };
  const auto transport = [at](const TransportChecksum& checksum) {
    return checksum.offset != 0 && within(at, checksum.offset, 2);
  };
  const std::size_t icmp = kIpv4Offset + packet.ip_header_length;
  return at == kIpv4Offset + 8 || header(kIpv4Offset) || transport(packet.transport) ||
         (packet.is_icmp_error() && (within(at, icmp + 2, 2) || header(packet.quoted.ip_offset) ||
                                     transport(packet.quoted.transport)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t head_size = std::min(size, kHeadBytes);
  const auto block = std::make_unique<std::uint8_t[]>(head_size);
  const std::span<std::uint8_t> head(block.get(), head_size);
  std::copy_n(data, head_size, head.begin());

  ParsedPacket packet{};
  const FrameFilter filter{.mac = {}, .any_unicast_mac = true};
  const Verdict verdict =
      parse({.head = head, .length = static_cast<std::uint32_t>(size)}, filter, packet);
  if (size == head_size) {
    const PlainShape shape(filter, Ipv4Address::of(10, 255, 255, 255));
    for (const Plain plain : {shape.look_at(head), shape.look_at_fragment(head)}) {
      FUZZ_CHECK(!plain ||
                 (verdict.is_forward() && packet.ttl > 1 && !packet.is_icmp_error() &&
                  packet.total_length == plain.length() && packet.transport == plain.checksum()));
    }
  }
  FUZZ_CHECK(std::equal(head.begin(), head.end(), data));
  if (!verdict.is_forward()) {
    FUZZ_CHECK(verdict.is_drop() || verdict.is_to_control());
    return 0;
  }
  if (packet.ttl <= 1) {
    return 0;  // the pipeline drops it before rewriting
  }
  FUZZ_CHECK(kIpv4Offset + packet.total_length <= size);
  FUZZ_CHECK(packet.total_length >= packet.ip_header_length);
  const std::size_t end = kIpv4Offset + packet.total_length;
  FUZZ_CHECK(packet.transport.offset + (packet.transport.offset != 0 ? 2U : 0U) <= end);
  FUZZ_CHECK(packet.quoted.transport.offset + (packet.quoted.transport.offset != 0 ? 2U : 0U) <=
             end);

  const Replacement host = replacement(packet.real_key, Ipv4Address::of(198, 51, 100, 7));
  const Replacement peer = replacement(packet.mapped_key, Ipv4Address::of(203, 0, 113, 9));
  if (packet.is_icmp_error()) {
    rewrite_quoted(head, packet, NewAddresses::of(peer, host));
    rewrite(head, packet.transport,
            NewAddresses::of(replacement(packet.source, Ipv4Address::of(192, 0, 2, 1)), peer));
  } else {
    rewrite(head, packet.transport, NewAddresses::of(host, peer));
  }
  for (std::size_t at = 0; at < head_size; ++at) {
    FUZZ_CHECK(head[at] == data[at] || (at < end && may_change(at, packet)));
  }
  // The header checksum that parse verified is right again.
  FUZZ_CHECK(ones_sum(head.subspan(kIpv4Offset, packet.ip_header_length)) == 0xffff);
  return 0;
}
