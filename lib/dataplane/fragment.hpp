#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace natto {

/// Fragments of one packet; one that would need more is not sent.
inline constexpr std::size_t kMaxFragments = 64;

/// Cuts a complete frame into frames with IPv4 packets of at most `mtu` bytes (RFC 791 §2.3), each
/// with the frame's Ethernet header and its own header checksum, in order. Their payloads stay in
/// the frame's buffers (indirect mbufs), so nothing but headers is copied.
///
/// Returns how many of `out` were filled and consumes `mbuf`; or 0, and `mbuf` is as it was, if
/// buffers or room in `out` do not suffice, or the packet says "don't fragment".
[[nodiscard]] std::size_t fragment(rte_mbuf* mbuf, std::uint16_t mtu, rte_mempool* pool,
                                   std::span<rte_mbuf*> out) noexcept;

}  // namespace natto
