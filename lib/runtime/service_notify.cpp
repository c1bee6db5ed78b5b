#include "runtime/service_notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace natto {
namespace {

constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) {
    return std::nullopt;
  }
  const char* end = text + std::strlen(text);
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text, end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<ServiceNotify> ServiceNotify::from_environment() {
  const char* variable = std::getenv("NOTIFY_SOCKET");
  if (variable == nullptr) {
    return ServiceNotify(-1);
  }
  const std::string_view name = variable;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if ((!name.starts_with('/') && !name.starts_with('@')) ||
      name.size() >= sizeof(address.sun_path)) {
    return system_error(
        fmt::format("NOTIFY_SOCKET={} is not a socket's path, nor @NAME: unset it", name));
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.starts_with('@')) {
    address.sun_path[0] = '\0';
  }
  ServiceNotify notify(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  setsockopt(notify.socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (connect(notify.socket_, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return system_error(fmt::format("cannot reach the service manager at NOTIFY_SOCKET={}: {}",
                                    name, std::strerror(errno)));
  }
  return notify;
}

ServiceNotify::ServiceNotify(ServiceNotify&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)) {}

ServiceNotify::~ServiceNotify() {
  if (socket_ >= 0) {
    close(socket_);
  }
}

Status ServiceNotify::tell(std::string_view message) const {
  if (socket_ >= 0 && send(socket_, message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    return system_error(
        fmt::format("cannot notify the service manager of {}: {}", message, std::strerror(errno)));
  }
  return Done{};
}

std::optional<std::chrono::microseconds> watchdog_time_from_environment() {
  const auto time = number_from_environment("WATCHDOG_USEC");
  const bool for_another = std::getenv("WATCHDOG_PID") != nullptr &&
                           number_from_environment("WATCHDOG_PID") != std::uint64_t(getpid());
  if (!time || *time == 0 || for_another) {
    return std::nullopt;
  }
  return std::chrono::microseconds(*time);
}

}  // namespace natto
