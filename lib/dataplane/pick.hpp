#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/burst.hpp"
#include "dataplane/head.hpp"
#include "packet/plain.hpp"
#include "packet/plain_lanes.hpp"

namespace natto {

/// Picks the plain packets of a burst, and asks the CPU to bring what is known of them.
template <typename Known>
class Picker {
 public:
  using Packet = typename Known::Packet;

  Picker(const PortContext& in, const Known& known) noexcept
      : shape_(in.filter, in.directed_broadcast), lanes_(shape_), known_(known) {}

  void pick(std::span<rte_mbuf*> mbufs, std::array<Packet, kBurst>& packets) const noexcept {
    std::array<std::uint32_t, kBurst> words;
    // Of all vectors before any packet is taken, so that nobody waits for one.
    std::size_t i = 0;
    for (; i + kLanes <= mbufs.size(); i += kLanes) {
      look_at(mbufs.subspan(i).template first<kLanes>(), &packets[i],
              std::span(words).subspan(i).template first<kLanes>());
    }
    for (; i < mbufs.size(); ++i) {
      packets[i].frame = rte_pktmbuf_mtod(mbufs[i], std::uint8_t*);
      words[i] = PlainLanes<>::kUnknown;
    }
    for (i = 0; i < mbufs.size(); ++i) {
      const auto plain = Plain::from_word(words[i]);
      if (!plain) [[unlikely]] {
        packets[i].plain = kNotPlain;
      } else if (kIpv4Offset + plain.length() <= mbufs[i]->data_len) [[likely]] {
        take(*mbufs[i], packets[i], plain);
      } else {  // does not fit, as what is unknown never does
        pick_one(*mbufs[i], packets[i]);
      }
    }
  }

 private:
  static constexpr std::size_t kLanes = kNativeLanes;

  void look_at(std::span<rte_mbuf*, kLanes> mbufs, Packet* packets,
               std::span<std::uint32_t, kLanes> words) const noexcept {
    PlainLanes<>::Frames frames;
    for (std::size_t i = 0; i < kLanes; ++i) {
      const rte_mbuf& mbuf = *mbufs[i];
      std::uint8_t* const frame = rte_pktmbuf_mtod(&mbuf, std::uint8_t*);
      packets[i].frame = frame;
      const std::uint8_t* const readable =
          mbuf.data_len >= PlainShape::kLeastBytes ? frame : PlainLanes<>::kNothing.data();
      std::uint64_t first;
      std::memcpy(&first, readable, sizeof(first));
      const bool usual = (shape_.strangeness(first) | foreignness(mbuf)) == 0;
      frames[i] = usual ? readable : PlainLanes<>::kNothing.data();
    }
    lanes_.look_at(frames, words);
  }

  void pick_one(rte_mbuf& mbuf, Packet& packet) const noexcept {
    packet.plain = kNotPlain;
    if (!is_one_own_buffer(mbuf)) {
      return;
    }
    const std::span<const std::uint8_t> frame(packet.frame, mbuf.data_len);
    Plain plain = shape_.look_at(frame);
    if (Known::kTakesFragments && !plain) {
      plain = shape_.look_at_fragment(frame);
    }
    if (plain) {
      take(mbuf, packet, plain);
    }
  }

  void take(rte_mbuf& mbuf, Packet& packet, Plain plain) const noexcept {
    packet.plain = plain;
    packet.places = known_.prefetch(packet.ip());
    cut_padding(mbuf, kIpv4Offset + plain.length());
  }

  PlainShape shape_;
  PlainLanes<> lanes_;
  Known known_;
};

}  // namespace natto
