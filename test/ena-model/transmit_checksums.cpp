#include "transmit_checksums.hpp"

#include <algorithm>

#include "internet.hpp"

namespace ena_model {
namespace {

void write16(std::span<std::uint8_t> frame, std::size_t at, std::uint16_t value) {
  frame[at] = static_cast<std::uint8_t>(value >> 8);
  frame[at + 1] = static_cast<std::uint8_t>(value);
}

void make_l3(std::span<std::uint8_t> frame, const TxMeta& meta) {
  if (meta.l3_length < 20 || meta.l3_offset + meta.l3_length > frame.size()) {
    return;
  }
  write16(frame, meta.l3_offset + 10, 0);
  const std::uint16_t sum = ones_sum(frame.subspan(meta.l3_offset, meta.l3_length));
  write16(frame, meta.l3_offset + 10, static_cast<std::uint16_t>(~sum));
}

void make_l4(std::span<std::uint8_t> frame, const TxDescriptor& first, const TxMeta& meta) {
  const std::uint32_t protocol = bits(first.offload, 8, 5);
  const std::size_t l4 = meta.l3_offset + meta.l3_length;
  const std::size_t field = l4 + (protocol == kL4Tcp ? 16 : 6);
  if ((protocol != kL4Tcp && protocol != kL4Udp) || field + 2 > frame.size() ||
      meta.l3_length < 20) {
    return;
  }
  // The packet's end is where its header says: a short frame is padded.
  const std::size_t end =
      std::min<std::size_t>(frame.size(), meta.l3_offset + read16(frame, meta.l3_offset + 2));
  if (end < field + 2) {
    return;
  }
  std::uint32_t start = 0;
  if (!bit(first.offload, 17)) {  // otherwise the field holds the pseudo-header's sum
    write16(frame, field, 0);
    const std::uint32_t number = protocol == kL4Tcp ? kTcp : kUdp;
    start = ones_sum(frame.subspan(meta.l3_offset + 12, 8)) + number +
            static_cast<std::uint32_t>(end - l4);
  }
  const auto sum = static_cast<std::uint16_t>(~ones_sum(frame.subspan(l4, end - l4), start));
  write16(frame, field, sum == 0 && protocol == kL4Udp ? 0xffff : sum);
}

}  // namespace

void make_checksums(std::span<std::uint8_t> frame, const TxDescriptor& first, const TxMeta& meta) {
  if (bits(first.offload, 0, 4) != kL3Ipv4) {
    return;
  }
  if (bit(first.offload, 13)) {
    make_l3(frame, meta);
  }
  if (bit(first.offload, 14)) {
    make_l4(frame, first, meta);
  }
}

}  // namespace ena_model
