// A packet wherever its buffers are cut: for every way to cut it, and whatever its bytes are, its
// head is read as if it lay in one buffer, and written back so; the sum of its pieces is that of
// their sums; cut off, it keeps its first bytes, and the buffers behind them are freed once. What
// is written may be written: nobody shares it. `size`: of the packet.

#include "dataplane/head.hpp"

#include "packet/checksum.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
struct {
  rte_mbuf* chain;
  std::size_t times;
} freed;

/// A packet in three buffers; in four if it is short, and in two if it is long, for else there
/// would be more ways to cut it than end. Some of them may have no bytes.
class AnyChain {
 public:
  explicit AnyChain(std::size_t size)
      : content_(size, "frame"),
        count_(size <= kShort ? kMost
               : size < kLong ? 3
                              : 2) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const std::size_t left = size - at;
      const std::size_t length = i + 1 == count_ ? left : pick(left + 1, "cut");
      bytes_[i] = static_cast<std::uint8_t*>(std::malloc(length));
      std::copy_n(content_.bytes().begin() + static_cast<long>(at), length, bytes_[i]);
      rte_mbuf& buffer = buffers_[i];
      buffer.buf_addr = bytes_[i];
      buffer.data_len = static_cast<std::uint16_t>(length);
      buffer.next = i + 1 == count_ ? nullptr : &buffers_[i + 1];
      buffer.refcnt = 1;
      at += length;
    }
    first().pkt_len = static_cast<std::uint32_t>(size);
    first().nb_segs = static_cast<std::uint16_t>(count_);
  }
  AnyChain(const AnyChain&) = delete;
  AnyChain& operator=(const AnyChain&) = delete;
  ~AnyChain() {
    for (std::size_t i = 0; i < count_; ++i) {
      std::free(bytes_[i]);
    }
  }

  [[nodiscard]] rte_mbuf& first() { return buffers_[0]; }
  [[nodiscard]] rte_mbuf& buffer(std::size_t i) { return buffers_[i]; }
  [[nodiscard]] std::size_t count() const { return count_; }
  /// What the packet has been made of.
  [[nodiscard]] std::span<const std::uint8_t> content() const { return content_.bytes(); }

  /// Calls visit(a byte of the packet, its place there), for all bytes that the buffers have now.
  template <typename Visit>
  void for_each_byte(Visit visit) {
    std::size_t at = 0;
    for (const rte_mbuf* buffer = &first(); buffer != nullptr; buffer = buffer->next) {
      const auto* bytes = static_cast<const std::uint8_t*>(buffer->buf_addr);
      for (std::size_t i = 0; i < buffer->data_len; ++i) {
        visit(bytes[i], at++);
      }
    }
  }

 private:
  static constexpr std::size_t kMost = 4;
  static constexpr std::size_t kShort = 12;
  static constexpr std::size_t kLong = 100;

  Block content_;
  std::size_t count_;
  rte_mbuf buffers_[kMost] = {};
  std::uint8_t* bytes_[kMost] = {};
};

}  // namespace

void natto::proof::note_freed(rte_mbuf* chain) {
  freed.chain = chain;
  ++freed.times;
}

PROPERTY(head_in_pieces) {
  // Behind a whole head there is more.
  const std::size_t length = size < kHeadBytes ? size : size + 2;
  AnyChain packet(length);
  const std::size_t first_length = packet.first().data_len;
  HeadScratch scratch;
  const Head head = read_head(packet.first(), scratch);
  const std::size_t wanted = std::min(kHeadBytes, length);
  PROVE(head.is_copy == (first_length < wanted));
  PROVE(head.bytes.size() == (head.is_copy ? wanted : first_length));
  for (std::size_t at = 0; at < wanted; ++at) {
    PROVE(head.bytes[at] == packet.content()[at]);
  }
  const Block changed(wanted, "changed");
  std::copy_n(changed.bytes().begin(), wanted, head.bytes.begin());
  write_back(head, packet.first());
  std::size_t bytes = 0;
  packet.for_each_byte([&](std::uint8_t byte, std::size_t at) {
    PROVE(byte == (at < wanted ? changed.bytes()[at] : packet.content()[at]));
    ++bytes;
  });
  PROVE(bytes == length);
}

/// A piece that begins at an odd byte counts with its bytes exchanged: its sum times 256, by
/// arithmetic_test.cpp.
PROPERTY(sum_of_pieces) {
  AnyChain packet(size);
  const std::size_t begin = pick(size + 1, "begin");
  const std::size_t end = begin + pick(size - begin + 1, "end");
  const std::uint16_t sum = ones_sum(packet.first(), begin, end);
  std::uint16_t expected = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < packet.count(); ++i) {
    const std::size_t next = at + packet.buffer(i).data_len;
    const std::size_t from = std::max(at, begin);
    const std::size_t to = std::min(next, end);
    if (from < to) {
      const std::uint16_t part = ones_sum(packet.content().subspan(from, to - from));
      expected = ones_add(expected, (from - begin) % 2 == 0 ? part : byte_swap(part));
    }
    at = next;
  }
  PROVE(sum == expected);
#ifndef NATTO_KLEE  // there sums are any numbers
  PROVE(sum % 0xffff == ones_sum(packet.content().subspan(begin, end - begin)) % 0xffff);
#endif
}

PROPERTY(truncated_chain) {
  AnyChain packet(size);
  const std::size_t length = pick(size + 1, "length");
  freed = {};
  truncate(packet.first(), static_cast<std::uint32_t>(length));
  std::size_t kept = 0;
  for (const rte_mbuf* buffer = &packet.first(); buffer != nullptr; buffer = buffer->next) {
    PROVE(buffer == &packet.buffer(kept));
    ++kept;
  }
  PROVE(packet.first().pkt_len == length && packet.first().nb_segs == kept);
  std::size_t bytes = 0;
  packet.for_each_byte([&](std::uint8_t byte, std::size_t at) {
    PROVE(at < length && byte == packet.content()[at]);
    ++bytes;
  });
  PROVE(bytes == length);
  PROVE(freed.times == 1);
  PROVE(freed.chain == (kept == packet.count() ? nullptr : &packet.buffer(kept)));
}

PROPERTY(shared_chain) {
  AnyChain packet(std::min<std::size_t>(size, 3));
  bool shared = false;
  for (std::size_t i = 0; i < packet.count(); ++i) {
    rte_mbuf& buffer = packet.buffer(i);
    buffer.refcnt = any<std::uint16_t>("refcnt");
    buffer.ol_flags = any<std::uint64_t>("flags");
    shared = shared | (buffer.refcnt != 1) |
             ((buffer.ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) != 0);
  }
  PROVE(is_shared(packet.first()) == shared);
  PROVE(!is_one_own_buffer(packet.first()));
  packet.first().next = nullptr;
  packet.first().nb_segs = 1;
  PROVE(is_one_own_buffer(packet.first()) == !is_shared(packet.first()));
}
