#include "exporter/listen.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/socket_address.hpp"

namespace natto {
namespace {

constexpr std::string_view kUnix = "unix:";

Error usage(const std::string& place) {
  return {
      ErrorKind::kUsage,
      fmt::format("--listen {}: neither ADDRESS:PORT, [IPV6-ADDRESS]:PORT nor unix:PATH", place)};
}

Error cannot_listen(const std::string& place, int error) {
  return system_error(fmt::format(
      "cannot listen at {}: {}\n  choose another place: --listen 127.0.0.1:9560, unix:PATH", place,
      std::strerror(error)));
}

bool listen_on(const Descriptor& socket, const sockaddr* address, socklen_t length) {
  return bind(socket.get(), address, length) == 0 && listen(socket.get(), SOMAXCONN) == 0;
}

bool nobody_listens(const sockaddr* address, socklen_t length) {
  const Descriptor client(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(client.get(), address, length) != 0 && errno == ECONNREFUSED;
}

Result<Descriptor> listen_at_path(const std::string& place, const std::filesystem::path& path) {
  const Result<sockaddr_un> address = socket_address(path);
  if (!address) {
    return address.error();
  }
  const auto* generic = reinterpret_cast<const sockaddr*>(&*address);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::error_code error;
  if (std::filesystem::is_socket(path, error) && nobody_listens(generic, sizeof(*address))) {
    std::filesystem::remove(path, error);
  }
  if (!listen_on(socket, generic, sizeof(*address))) {
    return cannot_listen(place, errno);
  }
  return socket;
}

}  // namespace

Result<Descriptor> listen_at(const std::string& place) {
  if (place.starts_with(kUnix) && place.size() > kUnix.size()) {
    return listen_at_path(place, place.substr(kUnix.size()));
  }
  const std::size_t colon = place.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return usage(place);
  }
  std::string host = place.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return usage(place);
  }
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), place.c_str() + colon + 1, &hints, &found) != 0) {
    return usage(place);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, freeaddrinfo);
  Descriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!listen_on(socket, address->ai_addr, address->ai_addrlen)) {
    return cannot_listen(place, errno);
  }
  return socket;
}

}  // namespace natto
