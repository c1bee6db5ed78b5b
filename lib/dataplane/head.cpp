#include "dataplane/head.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "packet/checksum.hpp"

namespace natto {
namespace {

/// Calls `visit(segment bytes, offset in the packet)` for every segment with bytes before `end`.
template <typename Visit>
void for_each_piece(const rte_mbuf& mbuf, std::size_t end, Visit visit) noexcept {
  std::size_t offset = 0;
  for (const rte_mbuf* segment = &mbuf; segment != nullptr && offset < end;
       segment = segment->next) {
    const std::size_t length = std::min<std::size_t>(segment->data_len, end - offset);
    visit(std::span(rte_pktmbuf_mtod(segment, std::uint8_t*), length), offset);
    offset += length;
  }
}

}  // namespace

Head copy_head(const rte_mbuf& mbuf, HeadScratch& scratch) noexcept {
  const std::size_t wanted = std::min<std::size_t>(kHeadBytes, mbuf.pkt_len);
  for_each_piece(mbuf, wanted, [&](std::span<const std::uint8_t> piece, std::size_t offset) {
    std::memcpy(scratch.data() + offset, piece.data(), piece.size());
  });
  return {.bytes = {scratch.data(), wanted}, .is_copy = true};
}

void write_back(const Head& head, rte_mbuf& mbuf) noexcept {
  if (!head.is_copy) {
    return;
  }
  for_each_piece(mbuf, head.bytes.size(), [&](std::span<std::uint8_t> piece, std::size_t offset) {
    std::memcpy(piece.data(), head.bytes.data() + offset, piece.size());
  });
}

bool is_shared(const rte_mbuf& mbuf) noexcept {
  for (const rte_mbuf* segment = &mbuf; segment != nullptr; segment = segment->next) {
    if (!RTE_MBUF_DIRECT(segment) || rte_mbuf_refcnt_read(segment) != 1) {
      return true;
    }
  }
  return false;
}

std::uint16_t ones_sum(const rte_mbuf& mbuf, std::size_t begin, std::size_t end) noexcept {
  std::uint16_t sum = 0;
  for_each_piece(mbuf, end, [&](std::span<const std::uint8_t> piece, std::size_t offset) {
    const std::size_t skipped = offset >= begin ? 0 : std::min(begin - offset, piece.size());
    const std::uint16_t part = ones_sum(piece.subspan(skipped));
    const bool odd = ((offset + skipped - begin) & 1U) != 0;
    if (skipped < piece.size()) {
      sum = ones_add(sum, odd ? byte_swap(part) : part);
    }
  });
  return sum;
}

void truncate(rte_mbuf& mbuf, std::uint32_t length) noexcept {
  mbuf.pkt_len = length;
  mbuf.nb_segs = 1;
  rte_mbuf* last = &mbuf;
  while (length > last->data_len) {
    length -= last->data_len;
    last = last->next;
    ++mbuf.nb_segs;
  }
  last->data_len = static_cast<std::uint16_t>(length);
  rte_pktmbuf_free(std::exchange(last->next, nullptr));
}

}  // namespace natto
