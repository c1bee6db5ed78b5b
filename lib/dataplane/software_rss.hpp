#pragma once

// Whose work a packet is that arrived at queue 0. A network card's receive-side scaling may know
// only unfragmented TCP and UDP, as ENA's does: everything else then lands on queue 0, and worker 0
// hands it out in software.

#include <cstddef>
#include <cstdint>
#include <span>

#include "packet/wire.hpp"

namespace natto {

/// The worker, of `workers`, that handles a frame which begins with `head`. Frames that the
/// hardware spreads, and those that are not IPv4, are worker 0's. Of all others, those with the
/// same addresses and protocol go to the same worker, so that their order holds. The fragments of a
/// TCP or UDP flow hold theirs among themselves; its whole packets are where the hardware put them.
[[nodiscard]] inline std::size_t worker_for(std::span<const std::uint8_t> head,
                                            std::size_t workers) noexcept {
  if (head.size() < kIpv4Offset + sizeof(Ipv4Header) ||
      header_at<EthernetHeader>(head, 0).ethertype.host() != ethertype::kIpv4) {
    return 0;
  }
  const auto& ip = header_at<Ipv4Header>(head, kIpv4Offset);
  const bool is_fragment = ip.more_fragments() || ip.fragment_offset() != 0;
  const bool has_ports = ip.protocol == protocol::kTcp || ip.protocol == protocol::kUdp;
  if (has_ports && !is_fragment) {
    return 0;
  }
  const std::uint64_t addresses =
      std::uint64_t{ip.source.bits.raw()} << 32U | ip.destination.bits.raw();
  // A multiplication brings every bit to the top; the top scales to a worker.
  const std::uint64_t hash = (addresses ^ ip.protocol) * 0x9e3779b97f4a7c15U;
  return static_cast<std::size_t>((hash >> 32U) * workers >> 32U);
}

}  // namespace natto
