#pragma once

// Who is at the other end of a UNIX socket, by the kernel's word: whoever called connect(2).

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace natto::api {

struct Peer {
  uid_t user = 0;
  pid_t process = 0;  ///< 0: of another pid namespace
  std::vector<gid_t> groups = {};
  std::string program = {};  ///< the process's name; empty if /proc does not show it
  /// Who logged in, before sudo; none if nobody did or /proc does not show it.
  std::optional<uid_t> login_user = std::nullopt;
};

[[nodiscard]] Result<Peer> peer_of(int socket);

/// "root (uid 0), pid 4711 (natto)".
[[nodiscard]] std::string to_string(const Peer& peer);

/// The command line of a process, or empty if /proc does not show it.
[[nodiscard]] std::string command_of(pid_t process);

/// A signal or a debugger has stopped the process.
[[nodiscard]] bool is_stopped(pid_t process);

}  // namespace natto::api
