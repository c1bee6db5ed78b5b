#pragma once

// The first bytes of a packet in one piece, wherever its buffers are cut. Most packets lie in one
// buffer and their head is used in place; of others a copy is made, changed, and written back.

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet/parse.hpp"

namespace natto {

using HeadScratch = std::array<std::uint8_t, kHeadBytes>;

struct Head {
  std::span<std::uint8_t> bytes;  ///< at least the first min(kHeadBytes, length) of the packet
  bool is_copy = false;           ///< in the scratch; changes need write_back
};

/// Of a packet whose first buffer does not hold the head.
[[nodiscard]] Head copy_head(const rte_mbuf& mbuf, HeadScratch& scratch) noexcept;

/// The head of `mbuf`, using `scratch` if its first buffer does not hold it all.
[[nodiscard]] inline Head read_head(const rte_mbuf& mbuf, HeadScratch& scratch) noexcept {
  if (mbuf.data_len >= std::min<std::size_t>(kHeadBytes, mbuf.pkt_len)) [[likely]] {
    return {.bytes = {rte_pktmbuf_mtod(&mbuf, std::uint8_t*), mbuf.data_len}};
  }
  return copy_head(mbuf, scratch);
}

/// Puts a changed head back into the packet it was read from.
void write_back(const Head& head, rte_mbuf& mbuf) noexcept;

/// Whether another owner shares any of the packet's bytes (a clone, a reference count above 1), so
/// that they must not be written.
[[nodiscard]] bool is_shared(const rte_mbuf& mbuf) noexcept;

/// Not 0 unless the packet is one buffer that nobody shares.
[[nodiscard]] inline std::uint32_t foreignness(const rte_mbuf& mbuf) noexcept {
  // The buffer's reference count and the packet's buffers stand side by side.
  static_assert(offsetof(rte_mbuf, nb_segs) == offsetof(rte_mbuf, refcnt) + 2);
  constexpr auto kOne = std::bit_cast<std::uint32_t>(std::array<std::uint16_t, 2>{1, 1});
  constexpr std::uint64_t kOthers = RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
  std::uint32_t counts;
  std::memcpy(&counts, reinterpret_cast<const std::uint8_t*>(&mbuf) + offsetof(rte_mbuf, refcnt),
              sizeof(counts));
  return (counts ^ kOne) | static_cast<std::uint32_t>((mbuf.ol_flags & kOthers) >> 32U);
}
/// Whether it is that.
[[nodiscard]] inline bool is_one_own_buffer(const rte_mbuf& mbuf) noexcept {
  return foreignness(mbuf) == 0;
}

/// Cuts what pads the frame behind its first `length` bytes, of a packet in one buffer.
inline void cut_padding(rte_mbuf& mbuf, std::size_t length) noexcept {
  if (mbuf.data_len != length) {
    mbuf.data_len = static_cast<std::uint16_t>(length);
    mbuf.pkt_len = mbuf.data_len;
  }
}

/// The one's-complement sum (RFC 1071) of the packet's bytes from `begin` to `end`, wherever its
/// buffers are cut. (DPDK 22.11's rte_raw_cksum_mbuf loses carries behind odd cuts.)
[[nodiscard]] std::uint16_t ones_sum(const rte_mbuf& mbuf, std::size_t begin,
                                     std::size_t end) noexcept;

/// Cuts the packet to its first `length` bytes (at most its length) and frees what buffers follow.
void truncate(rte_mbuf& mbuf, std::uint32_t length) noexcept;

}  // namespace natto
