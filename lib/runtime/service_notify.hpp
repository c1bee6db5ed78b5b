#pragma once

// Sends messages to the service manager by systemd's sd_notify(3) protocol, a datagram each. No
// DPDK, no libsystemd.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace natto {

class ServiceNotify {
 public:
  /// To the socket that $NOTIFY_SOCKET names: a path, or @NAME of the abstract namespace. Without
  /// the variable nobody listens, and sending does nothing.
  [[nodiscard]] static Result<ServiceNotify> from_environment();

  ServiceNotify(ServiceNotify&& other) noexcept;
  ServiceNotify& operator=(ServiceNotify&&) = delete;
  ~ServiceNotify();

  /// "READY=1", "STATUS=…", several on a line each. Waits at most a second for a full socket.
  [[nodiscard]] Status tell(std::string_view message) const;

  /// Somebody listens.
  [[nodiscard]] bool connected() const { return socket_ >= 0; }

 private:
  explicit ServiceNotify(int socket) : socket_(socket) {}

  int socket_;
};

/// The time within which the service manager expects the next WATCHDOG=1: $WATCHDOG_USEC, if it is
/// meant for this process ($WATCHDOG_PID).
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_time_from_environment();

}  // namespace natto
