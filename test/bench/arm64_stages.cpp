// The pieces of the fast path that do nothing but compute, each as a function of its own, for
// scripts/bench-stages --arm64 to count on an arm64 that is not there.

#include "packet/plain_lanes.hpp"
#include "packet/rewrite.hpp"

using namespace natto;

/// Four packets: whether they are plain.
extern "C" void look_at_4(const PlainLanes<4>& lanes, const PlainLanes<4>::Frames& frames,
                          std::span<std::uint32_t, 4> packets) {
  lanes.look_at(frames, packets);
}

/// One packet: addresses, TTL, checksums and next hop.
extern "C" void translate_1(std::span<std::uint8_t> frame, Plain plain,
                            const NewAddresses& addresses, const EthernetAddresses& next_hop) {
  rewrite(frame, plain.checksum(), addresses);
  rewrite_ethernet(frame, next_hop);
}
