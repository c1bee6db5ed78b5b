#include "proof/rule_sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "proof/child_program.hpp"

namespace natto::proof {
namespace {

constexpr std::size_t kLongestMessage = 4096;
constexpr std::size_t kLongestPacket = 65536;
/// How long nothing may come out before all has.
constexpr int kSettledMs = 50;
/// A message carries no more descriptors.
constexpr std::size_t kMostInterfaces = 64;

bool write_file(const char* path, const std::string& text) {
  const Descriptor file(open(path, O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

ino_t own_namespace() {
  struct stat status {};
  return stat("/proc/self/ns/net", &status) == 0 ? status.st_ino : 0;
}

// In the child.

/// A network of its own: as a user's, and where users may have none, as root's.
Status leave_the_network() {
  const ino_t before = own_namespace();
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
    const bool mapped = (write_file("/proc/self/setgroups", "deny") || errno == ENOENT) &&
                        write_file("/proc/self/uid_map", fmt::format("0 {} 1", user)) &&
                        write_file("/proc/self/gid_map", fmt::format("0 {} 1", group));
    if (!mapped) {
      return system_error(fmt::format("cannot become a user of its own: {}", std::strerror(errno)));
    }
  } else if (unshare(CLONE_NEWNET) != 0) {
    return system_error(fmt::format(
        "cannot make a network namespace: {}; run it as root, or where users may have "
        "namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)",
        std::strerror(errno)));
  }
  // Nothing below may ever happen to the machine's own network.
  return before != 0 && own_namespace() != before
             ? Status(Done{})
             : Status(system_error("the network namespace is still the machine's own"));
}

Status be_a_router() {
  for (const char* path :
       {"/proc/sys/net/ipv4/conf/all/rp_filter", "/proc/sys/net/ipv4/conf/default/rp_filter",
        "/proc/sys/net/ipv4/conf/all/send_redirects",
        "/proc/sys/net/ipv4/conf/default/send_redirects"}) {
    if (!write_file(path, "0")) {
      return system_error(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    }
  }
  write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");  // if there is any
  return write_file("/proc/sys/net/ipv4/ip_forward", "1")
             ? Status(Done{})
             : Status(system_error(fmt::format("cannot write /proc/sys/net/ipv4/ip_forward: {}",
                                               std::strerror(errno))));
}

Result<Descriptor> tun_device(const std::string& name) {
  Descriptor device(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (!device || name.size() >= IFNAMSIZ || ioctl(device.get(), TUNSETIFF, &request) != 0) {
    return system_error(fmt::format(
        "cannot make the interface {}: {}", name,
        device && name.size() >= IFNAMSIZ ? "its name is too long" : std::strerror(errno)));
  }
  return device;
}

/// For `ip -batch`.
std::string links_and_routes(const SandboxPlan& plan) {
  std::string lines = "link set dev lo up\n";
  for (const auto& [interface, hosts] : plan.hosts) {
    lines += fmt::format("link set dev {} up\n", interface);
    for (const Ipv4Prefix& prefix : hosts) {
      lines += fmt::format("route add {} dev {}\n", to_string(prefix), interface);
    }
  }
  return lines;
}

Result<std::vector<Descriptor>> furnish(const SandboxPlan& plan) {
  if (const Status status = leave_the_network(); !status) {
    return status.error();
  }
  // iptables' lock, which root alone could open, keeps out who changes the same rules: nobody does.
  setenv("XTABLES_LOCKFILE", "/proc/self/comm", 1);
  if (const Status status = be_a_router(); !status) {
    return status.error();
  }
  std::vector<Descriptor> devices;
  for (const auto& [interface, hosts] : plan.hosts) {
    Result<Descriptor> device = tun_device(interface);
    if (!device) {
      return device.error();
    }
    devices.push_back(*std::move(device));
  }
  std::vector<LoaderStep> steps = {
      {.words = {"ip", "-batch", "-"}, .input = links_and_routes(plan)}};
  steps.insert(steps.end(), plan.steps.begin(), plan.steps.end());
  for (const LoaderStep& step : steps) {
    if (const Status status = run_program(step); !status) {
      return status.error();
    }
  }
  return devices;
}

/// The message is "0" and has the devices, or it is the error.
void tell(int socket, const Result<std::vector<Descriptor>>& devices) {
  std::string text = devices ? std::string(1, '0')
                             : (devices.error().kind == ErrorKind::kInput ? '1' : '3') +
                                   devices.error().message.substr(0, kLongestMessage - 1);
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostInterfaces * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (devices) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(devices->size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(devices->size() * sizeof(int));
    for (std::size_t i = 0; i < devices->size(); ++i) {
      const int number = (*devices)[i].get();
      std::memcpy(CMSG_DATA(header) + i * sizeof(int), &number, sizeof(int));
    }
  }
  sendmsg(socket, &message, MSG_NOSIGNAL);
}

[[noreturn]] void keep_namespace(int socket, const SandboxPlan& plan) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  {
    const Result<std::vector<Descriptor>> devices = furnish(plan);
    tell(socket, devices);
  }
  char none = 0;
  while (read(socket, &none, 1) < 0 && errno == EINTR) {  // until the other end is closed
  }
  _exit(0);
}

// In the parent.

/// As tell() says it.
Result<std::vector<Descriptor>> hear(int socket, std::size_t count) {
  std::string text(kLongestMessage, '\0');
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostInterfaces * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  while ((size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (size <= 0) {
    return system_error("the process with the rules ended without a word");
  }
  text.resize(static_cast<std::size_t>(size));
  if (text[0] != '0') {
    return Error{text[0] == '1' ? ErrorKind::kInput : ErrorKind::kSystem, text.substr(1)};
  }
  std::vector<Descriptor> devices;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  for (std::size_t i = 0; header != nullptr && i < count; ++i) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
    devices.emplace_back(number);
  }
  return devices;
}

}  // namespace

Result<RuleSandbox> RuleSandbox::create(const SandboxPlan& plan) {
  if (plan.hosts.size() > kMostInterfaces) {
    return input_error(fmt::format("the rules know {} interfaces; {} can be tried at once",
                                   plan.hosts.size(), kMostInterfaces));
  }
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return system_error(fmt::format("cannot make a socket: {}", std::strerror(errno)));
  }
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const pid_t child = fork();
  if (child < 0) {
    return system_error(fmt::format("cannot start a process: {}", std::strerror(errno)));
  }
  if (child == 0) {
    ours = Descriptor();
    keep_namespace(theirs.get(), plan);
  }
  RuleSandbox sandbox(std::move(ours), child);
  theirs = Descriptor();
  Result<std::vector<Descriptor>> devices = hear(sandbox.keeper_.get(), plan.hosts.size());
  if (!devices) {
    return devices.error();
  }
  if (devices->size() != plan.hosts.size()) {
    return system_error("the interfaces of the rules did not come over");
  }
  std::size_t i = 0;
  for (const auto& [interface, hosts] : plan.hosts) {
    sandbox.devices_.emplace(interface, std::move((*devices)[i++]));
  }
  return sandbox;
}

RuleSandbox::~RuleSandbox() {
  keeper_ = Descriptor();
  while (process_ > 0 && waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Status RuleSandbox::send(const std::string& interface, std::span<const std::uint8_t> packet,
                         std::vector<Output>& outputs) {
  const int device = devices_.at(interface).get();
  while (write(device, packet.data(), packet.size()) < 0) {
    if (errno != EINTR && errno != EAGAIN) {
      return system_error(
          fmt::format("cannot send a packet into {}: {}", interface, std::strerror(errno)));
    }
  }
  // The kernel forwards within write(), so that what leaves is there when it returns.
  take(outputs);
  return Done{};
}

void RuleSandbox::settle(std::vector<Output>& outputs) {
  std::vector<pollfd> waiting;
  for (const auto& [interface, device] : devices_) {
    waiting.push_back({.fd = device.get(), .events = POLLIN, .revents = 0});
  }
  while (poll(waiting.data(), waiting.size(), kSettledMs) > 0 && take(outputs)) {
  }
}

/// Whether there was something.
bool RuleSandbox::take(std::vector<Output>& outputs) {
  std::array<std::uint8_t, kLongestPacket> bytes;
  bool some = false;
  for (const auto& [interface, device] : devices_) {
    ssize_t size = 0;
    while ((size = read(device.get(), bytes.data(), bytes.size())) > 0) {
      some = true;
      const bool is_ipv4 = size >= 20 && bytes[0] >> 4U == 4;
      if (is_ipv4) {
        outputs.push_back({interface, {bytes.begin(), bytes.begin() + size}});
      }
    }
  }
  return some;
}

}  // namespace natto::proof
