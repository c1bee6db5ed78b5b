#include "dataplane/fragment.hpp"

#include <rte_ip_frag.h>

#include <cstring>

#include "packet/checksum.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

/// DPDK's library wants the IPv4 header at the packet's first byte, in one piece.
constexpr std::size_t kContiguousBytes = sizeof(EthernetHeader) + 60;

/// `mbuf`, or a copy of it whose headers lie in one buffer; null if there is none to be had.
rte_mbuf* with_contiguous_headers(rte_mbuf* mbuf, rte_mempool* pool) noexcept {
  return mbuf->data_len >= kContiguousBytes ? mbuf : rte_pktmbuf_copy(mbuf, pool, 0, UINT32_MAX);
}

/// Puts the Ethernet header before a fragment and the checksum into its IPv4 header.
bool complete(rte_mbuf& fragment, const EthernetHeader& ethernet) noexcept {
  char* start = rte_pktmbuf_prepend(&fragment, sizeof(EthernetHeader));
  if (start == nullptr) {
    return false;
  }
  std::memcpy(start, &ethernet, sizeof(ethernet));
  const std::span head(rte_pktmbuf_mtod(&fragment, std::uint8_t*), fragment.data_len);
  auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  ip.checksum = Be16::from_raw(0);
  ip.checksum = internet_checksum(head.subspan(kIpv4Offset, ip.header_length()));
  return true;
}

}  // namespace

std::size_t fragment(rte_mbuf* mbuf, std::uint16_t mtu, rte_mempool* pool,
                     std::span<rte_mbuf*> out) noexcept {
  rte_mbuf* whole = with_contiguous_headers(mbuf, pool);
  if (whole == nullptr) {
    return 0;
  }
  const EthernetHeader ethernet = header_at<EthernetHeader>(
      std::span(rte_pktmbuf_mtod(whole, std::uint8_t*), whole->data_len), 0);
  rte_pktmbuf_adj(whole, sizeof(EthernetHeader));
  const int made = rte_ipv4_fragment_packet(
      whole, out.data(), static_cast<std::uint16_t>(out.size()), mtu, pool, pool);
  const auto count = static_cast<std::size_t>(made < 0 ? 0 : made);
  bool complete_all = count > 0;
  for (rte_mbuf* piece : out.first(count)) {
    complete_all = complete_all && complete(*piece, ethernet);
  }
  if (!complete_all) {
    rte_pktmbuf_free_bulk(out.data(), static_cast<unsigned>(count));
    if (whole != mbuf) {
      rte_pktmbuf_free(whole);
    } else {
      rte_pktmbuf_prepend(whole, sizeof(EthernetHeader));
    }
    return 0;
  }
  if (whole != mbuf) {
    rte_pktmbuf_free(whole);
  }
  rte_pktmbuf_free(mbuf);
  return count;
}

}  // namespace natto
