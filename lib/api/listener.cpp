#include "api/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "api/peer.hpp"
#include "api/socket_path.hpp"
#include "base/socket_address.hpp"

namespace natto::api {
namespace {

constexpr int kBacklog = 128;

Error cannot(const char* what, const std::filesystem::path& path) {
  return system_error(fmt::format("cannot {} {}: {}\n  name another place: [api] socket", what,
                                  path.string(), std::strerror(errno)));
}

Descriptor new_socket(int flags) {
  return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

/// Of the natto that has the lock: the kernel knows who listens.
Error in_use(const std::filesystem::path& path, const sockaddr_un& address) {
  const Descriptor client = new_socket(SOCK_NONBLOCK);
  std::string owner;
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    if (const Result<Peer> peer = peer_of(client.get())) {
      owner = fmt::format(": pid {}, {}", peer->process, command_of(peer->process));
    }
  }
  return {ErrorKind::kInUse,
          fmt::format("another natto has the socket {}{}\n"
                      "  stop that one, or give this one a socket of its own: [api] socket",
                      path.string(), owner)};
}

/// What lies at `path`, if it is a socket.
Status remove_socket(const std::filesystem::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    return Done{};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return input_error(
        fmt::format("{} is there and no socket: name another place, [api] socket", path.string()));
  }
  return unlink(path.c_str()) == 0 ? Status(Done{}) : cannot("replace the socket", path);
}

}  // namespace

Result<Listener> Listener::claim(const std::filesystem::path& path) {
  const Result<sockaddr_un> address = socket_address(path);
  if (!address) {
    return address.error();
  }
  const std::filesystem::path lock_path = path.string() + ".lock";
  Descriptor lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) {
    return cannot("make the lock", lock_path);
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? in_use(path, *address) : cannot("lock", lock_path);
  }
  if (const Status status = remove_socket(path); !status) {
    return status.error();
  }
  Descriptor socket = new_socket(SOCK_NONBLOCK);
  if (!socket ||
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    return cannot("make the socket", path);
  }
  // Anyone may connect, and is told what to do: the server asks the kernel who it is.
  if (chmod(path.c_str(), 0666) != 0 || listen(socket.get(), kBacklog) != 0) {
    return cannot("listen at", path);
  }
  return Listener(path, std::move(lock), std::move(socket));
}

Listener::~Listener() {
  if (socket_) {
    unlink(path_.c_str());
  }
}

}  // namespace natto::api
