#include "control/kernel_interface.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

namespace natto {
namespace {

constexpr const char* kTunDevice = "/dev/net/tun";

ifreq request_for(std::string_view name) {
  ifreq request{};
  std::copy_n(name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1), request.ifr_name);
  return request;
}

sockaddr socket_address(Ipv4Address address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address.host());
  sockaddr out{};
  std::memcpy(&out, &in, sizeof(out));
  return out;
}

/// What to do about the `error` that the making of an interface met.
std::string_view advice(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return "load the kernel's module: modprobe tun";
    case EACCES:
    case EPERM:
      return "give natto CAP_NET_ADMIN and the right to open /dev/net/tun (doc/ec2-security.md, "
             "Rights)";
    case EBUSY:
      return "an interface has this name: choose another kernel_interface, or remove that "
             "interface";
    default:
      return "leave kernel_interface out if the kernel need not be reached";
  }
}

Error failure(std::string_view what, const std::string& name) {
  const int error = errno;
  return system_error(fmt::format("kernel_interface {}: cannot {}: {}\n  {}", name, what,
                                  std::strerror(error), advice(error)));
}

/// Configures an interface through a socket, as netdevice(7) describes.
class Configuration {
 public:
  explicit Configuration(const std::string& name)
      : name_(name), socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;
  ~Configuration() {
    if (socket_ >= 0) {
      close(socket_);
    }
  }

  [[nodiscard]] Status apply(const KernelInterface::Settings& settings) {
    ifreq mac = request_for(name_);
    mac.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::memcpy(mac.ifr_hwaddr.sa_data, settings.mac.bytes.data(), sizeof(MacAddress));
    ifreq address = request_for(name_);
    address.ifr_addr = socket_address(settings.address.address);
    ifreq mask = request_for(name_);
    mask.ifr_netmask = socket_address(Ipv4Address::from_host(settings.address.mask()));
    ifreq mtu = request_for(name_);
    mtu.ifr_mtu = settings.mtu;
    ifreq up = request_for(name_);
    up.ifr_flags = IFF_UP;

    struct Step {
      unsigned long operation;
      ifreq* request;
      std::string_view what;
    };
    for (const auto& [operation, request, what] :
         {Step{SIOCSIFHWADDR, &mac, "set its MAC address"}, Step{SIOCSIFMTU, &mtu, "set its MTU"},
          Step{SIOCSIFADDR, &address, "set its address"},
          Step{SIOCSIFNETMASK, &mask, "set its subnet mask"},
          Step{SIOCSIFFLAGS, &up, "bring it up"}}) {
      if (ioctl(socket_, operation, request) != 0) {
        return failure(what, name_);
      }
    }
    return Done{};
  }

 private:
  const std::string& name_;
  int socket_;
};

/// Keeps the interface quiet. If it may not be done, what the kernel says over IPv6 is not sent on.
void disable_ipv6(const std::string& name) {
  std::ofstream("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6") << "1";
}

}  // namespace

Result<KernelInterface> KernelInterface::create(const Settings& settings) {
  const int descriptor = open(kTunDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) {
    return failure(fmt::format("open {}", kTunDevice), settings.name);
  }
  KernelInterface interface(descriptor);
  ifreq tap = request_for(settings.name);
  tap.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL);
  if (ioctl(descriptor, TUNSETIFF, &tap) != 0) {
    return failure("create it", settings.name);
  }
  disable_ipv6(settings.name);
  if (const Status status = Configuration(settings.name).apply(settings); !status) {
    return status.error();
  }
  return interface;
}

KernelInterface::KernelInterface(KernelInterface&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

KernelInterface::~KernelInterface() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

bool KernelInterface::give(std::span<const std::uint8_t> frame) noexcept {
  return write(descriptor_, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

std::span<const std::uint8_t> KernelInterface::take(std::span<std::uint8_t> buffer) noexcept {
  const ssize_t length = read(descriptor_, buffer.data(), buffer.size());
  return length > 0 ? buffer.first(static_cast<std::size_t>(length)) : buffer.first(0);
}

}  // namespace natto
