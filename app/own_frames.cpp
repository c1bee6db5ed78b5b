#include "own_frames.hpp"

#include <algorithm>

#include "packet/wire.hpp"

namespace natto {
namespace {

/// Null if the frame has none.
const Ipv4Header* ipv4_of(std::span<const std::uint8_t> frame) {
  if (frame.size() < kIpv4Offset + sizeof(Ipv4Header) ||
      header_at<EthernetHeader>(frame, 0).ethertype.host() != ethertype::kIpv4) {
    return nullptr;
  }
  return &header_at<Ipv4Header>(frame, kIpv4Offset);
}

}  // namespace

OwnFrames::OwnFrames(const MappingTable& table, RealmId realm) {
  for (const Mapping& mapping : table.mappings) {
    mapped_.push_back(mapping.mapped);
    if (mapping.realm == realm) {
      real_.push_back(mapping.real);
    }
  }
  std::ranges::sort(real_, {}, &Ipv4Prefix::first);
  std::ranges::sort(mapped_, {}, &Ipv4Prefix::first);
}

void OwnFrames::learn(std::span<const std::uint8_t> frame) {
  const Ipv4Header* ip = ipv4_of(frame);
  if (ip != nullptr && holds(real_, ip->source) && holds(mapped_, ip->destination)) {
    const MacAddress& station = header_at<EthernetHeader>(frame, 0).destination;
    if (!station.is_group()) {
      macs_.insert(station.bytes);
    }
  }
}

bool OwnFrames::is_own(std::span<const std::uint8_t> frame) const {
  if (frame.size() < sizeof(EthernetHeader) ||
      !macs_.contains(header_at<EthernetHeader>(frame, 0).source.bytes)) {
    return false;
  }
  const Ipv4Header* ip = ipv4_of(frame);
  return ip == nullptr || !holds(real_, ip->source);
}

bool OwnFrames::holds(const std::vector<Ipv4Prefix>& ranges, Ipv4Address address) {
  const auto found = std::ranges::lower_bound(ranges, address, {}, &Ipv4Prefix::last);
  return found != ranges.end() && found->contains(address);
}

}  // namespace natto
