#include "netdev/rtnetlink.hpp"

#include <fmt/format.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace natto {
namespace {

/// Of a message with all the attributes of an interface (netlink(7): 8 KiB are enough, and 32 for
/// those with many virtual functions).
constexpr std::size_t kBufferBytes = std::size_t{32} << 10U;

constexpr std::size_t aligned(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

/// The first bytes of `bytes`, as far as there are any.
template <typename T>
T read(std::span<const char> bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(sizeof(value), bytes.size()));
  return value;
}

std::span<const char> behind(std::span<const char> bytes, std::size_t length) {
  return bytes.subspan(std::min(bytes.size(), length));
}

/// Calls `take` with the type and the value of each attribute.
template <typename Take>
void for_each_attribute(std::span<const char> list, Take take) {
  while (list.size() >= sizeof(rtattr)) {
    const auto header = read<rtattr>(list);
    if (header.rta_len < sizeof(header) || header.rta_len > list.size()) {
      return;
    }
    take(header.rta_type, list.subspan(sizeof(header), header.rta_len - sizeof(header)));
    list = behind(list, aligned(header.rta_len));
  }
}

std::string text_of(std::span<const char> value) {
  return {value.data(), strnlen(value.data(), value.size())};
}

}  // namespace

std::optional<NetInterface> parse_interface(const RtnetlinkMessage& message) {
  const auto info = read<ifinfomsg>(message.body);
  // Bridges tell of their ports by messages of their own family.
  if ((message.type != RTM_NEWLINK && message.type != RTM_DELLINK) ||
      message.body.size() < sizeof(info) || info.ifi_family != AF_UNSPEC) {
    return std::nullopt;
  }
  constexpr unsigned kUpWithCarrier = IFF_UP | IFF_LOWER_UP;
  NetInterface interface {
    .index = static_cast<unsigned>(info.ifi_index), .name = {},
    .up = (info.ifi_flags & kUpWithCarrier) == kUpWithCarrier, .kind = {}
  };
  bool peer_is_far = false;
  for_each_attribute(behind(message.body, aligned(sizeof(info))), [&](unsigned type, auto value) {
    switch (type) {
      case IFLA_IFNAME:
        interface.name = text_of(value);
        break;
      case IFLA_LINK:
        interface.peer = read<std::uint32_t>(value);
        break;
      case IFLA_LINK_NETNSID:
        peer_is_far = true;
        break;
      case IFLA_NEW_NETNSID:
        interface.has_moved = true;
        break;
      case IFLA_STATS64:
        interface.tx_dropped = read<rtnl_link_stats64>(value).tx_dropped;
        break;
      case IFLA_LINKINFO:
        for_each_attribute(value, [&interface](unsigned nested, auto text) {
          if (nested == IFLA_INFO_KIND) {
            interface.kind = text_of(text);
          }
        });
        break;
      default:
        break;
    }
  });
  interface.peer_is_near = interface.peer != 0 && !peer_is_far;
  return interface;
}

Result<Rtnetlink> Rtnetlink::open(std::uint32_t groups) {
  Descriptor opened(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (!opened ||
      bind(opened.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return system_error(fmt::format("cannot ask the kernel for its interfaces (AF_NETLINK): {}",
                                    std::strerror(errno)));
  }
  return Rtnetlink(std::move(opened));
}

void Rtnetlink::ask_for(unsigned index, std::string_view name) const {
  struct {
    nlmsghdr header;
    ifinfomsg info;
    rtattr attribute;
    std::array<char, IFNAMSIZ> name;
  } request{};
  request.header.nlmsg_len = offsetof(decltype(request), attribute);
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.info.ifi_index = static_cast<int>(index);
  if (index == 0) {
    request.header.nlmsg_len = sizeof(request);
    request.attribute = {.rta_len = sizeof(rtattr) + IFNAMSIZ, .rta_type = IFLA_IFNAME};
    name.copy(request.name.data(), IFNAMSIZ - 1);
  }
  // If it fails there is no answer, as if the kernel did not know.
  static_cast<void>(send(descriptor(), &request, request.header.nlmsg_len, 0));
}

bool Rtnetlink::receive(const std::function<void(const RtnetlinkMessage&)>& take) const {
  std::array<char, kBufferBytes> buffer;
  bool complete = true;
  while (true) {
    const ssize_t length = recv(descriptor(), buffer.data(), buffer.size(), 0);
    if (length < 0 && errno == ENOBUFS) {
      complete = false;
      continue;
    }
    if (length <= 0) {
      return complete;
    }
    std::span<const char> left(buffer.data(), static_cast<std::size_t>(length));
    while (left.size() >= sizeof(nlmsghdr)) {
      const auto header = read<nlmsghdr>(left);
      if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > left.size()) {
        break;
      }
      take({header.nlmsg_type, left.subspan(sizeof(header), header.nlmsg_len - sizeof(header))});
      left = behind(left, aligned(header.nlmsg_len));
    }
  }
}

std::optional<NetInterface> find_interface(std::string_view name, unsigned index) {
  const Result<Rtnetlink> kernel = Rtnetlink::open(0);
  if (!kernel || (name.empty() && index == 0) || name.size() >= IFNAMSIZ) {
    return std::nullopt;
  }
  kernel->ask_for(index, name);
  std::optional<NetInterface> found;
  kernel->receive([&found](const RtnetlinkMessage& message) { found = parse_interface(message); });
  return found;
}

}  // namespace natto
