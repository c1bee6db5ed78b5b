#include "netdev/veth.hpp"

#include "netdev/ethtool.hpp"

namespace natto {

std::optional<VethPeer> find_veth_peer(const NetInterface& interface) {
  if (interface.kind != "veth") {
    return std::nullopt;
  }
  const auto peer =
      interface.peer_is_near ? find_interface({}, interface.peer) : std::optional<NetInterface>();
  const Result<Rtnetlink> kernel = Rtnetlink::open(0);
  if (!peer || !kernel) {
    return VethPeer{};
  }
  return VethPeer{
      .name = peer->name,
      .leaves_checksums = computes_checksums(kernel->descriptor(), peer->name).value_or(false)};
}

}  // namespace natto
