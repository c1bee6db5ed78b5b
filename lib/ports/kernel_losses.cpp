#include "ports/kernel_losses.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "netdev/rtnetlink.hpp"

namespace natto {
namespace {

bool is_packet_socket_on(int descriptor, unsigned interface) {
  sockaddr_ll address{};
  socklen_t length = sizeof(address);
  return getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
         address.sll_family == AF_PACKET && address.sll_ifindex == static_cast<int>(interface);
}

/// What a packet socket's ring had no room for since this was last asked (packet(7)).
std::uint64_t take_drops(int descriptor) {
  tpacket_stats stats{};
  socklen_t length = sizeof(stats);
  return getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0
             ? stats.tp_drops
             : 0;
}

/// Of all sockets that this process has on the interface. net_af_packet, up to DPDK 25.11, neither
/// shows its sockets nor reads this itself.
std::uint64_t take_ring_drops(unsigned interface) {
  std::uint64_t drops = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const std::string name = entry.path().filename();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (is_packet_socket_on(descriptor, interface)) {
      drops += take_drops(descriptor);
    }
  }
  return drops;
}

}  // namespace

std::uint64_t KernelLosses::read() {
  if (interface_ == 0) {
    return 0;
  }
  if (driver_ == "net_af_packet") {
    lost_ += take_ring_drops(interface_);
  } else if (driver_ == "net_tap") {
    const auto found = find_interface({}, interface_);
    lost_ = found ? found->tx_dropped : lost_;
  }
  return lost_;
}

}  // namespace natto
