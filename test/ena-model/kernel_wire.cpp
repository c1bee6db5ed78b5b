#include "kernel_wire.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ena_model {
namespace {

constexpr std::size_t kMaxFrameBytes = 65'535;

std::runtime_error failure(const std::string& name) {
  return std::runtime_error("cannot use the interface " + name + ": " + std::strerror(errno));
}

/// A descriptor that gives and takes a frame at a time, and never waits.
class KernelWire final : public Wire {
 public:
  explicit KernelWire(int descriptor) : descriptor_(descriptor) {}
  ~KernelWire() override { close(descriptor_); }

  Frame* next() override {
    if (frame_.bytes.empty()) {
      const ssize_t count = read(descriptor_, buffer_.data(), buffer_.size());
      if (count <= 0) {
        return nullptr;
      }
      frame_ = {.bytes = {buffer_.data(), buffer_.data() + count}, .received = {}};
    }
    return &frame_;
  }
  void take() override { frame_.bytes.clear(); }
  void send(Bytes frame) override {
    // A full queue loses the frame, as a network does.
    static_cast<void>(!write(descriptor_, frame.data(), frame.size()));
  }
  bool waits() const override { return false; }

 private:
  int descriptor_;
  std::array<std::uint8_t, kMaxFrameBytes> buffer_{};
  Frame frame_;
};

}  // namespace

std::unique_ptr<Wire> wire_to_interface(const std::string& name) {
  const int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
  const int on = 1;
  const int buffer = 8 << 20;
  if (descriptor < 0 || address.sll_ifindex == 0 ||
      setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0 ||
      bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw failure(name);
  }
  return std::make_unique<KernelWire>(descriptor);
}

std::unique_ptr<Wire> wire_to_tap(const std::string& name) {
  const int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  if (descriptor < 0 || ioctl(descriptor, TUNSETIFF, &request) != 0) {
    throw failure(name);
  }
  return std::make_unique<KernelWire>(descriptor);
}

}  // namespace ena_model
