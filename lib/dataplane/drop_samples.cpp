#include "dataplane/drop_samples.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <span>

#include "packet/wire.hpp"

namespace natto {

DropSamples::DropSamples()
    : budgets_(kDropReasonCount,
               TokenBucket({.rate = kPerSecond, .burst = kKept}, rte_get_tsc_hz())) {}

void DropSamples::record(DropReason reason, const rte_mbuf& packet,
                         const DropPlace& place) noexcept {
  std::array<std::uint8_t, kGlanceBytes> scratch;
  const auto readable = std::min<std::uint32_t>(packet.pkt_len, scratch.size());
  const auto* bytes =
      static_cast<const std::uint8_t*>(rte_pktmbuf_read(&packet, 0, readable, scratch.data()));
  const std::uint32_t behind = std::max<std::uint32_t>(packet.pkt_len, sizeof(EthernetHeader)) -
                               std::uint32_t{sizeof(EthernetHeader)};
  latest_[static_cast<std::size_t>(reason)].put(
      {.glance = glance_at({bytes, readable}), .length = behind, .place = place});
}

}  // namespace natto
