#include "api/peer.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/process_facts.hpp"

namespace natto::api {
namespace {

/// More than the supplementary groups that Linux allows (NGROUPS_MAX).
constexpr std::size_t kMaxGroups = 65'536;

Result<std::vector<gid_t>> groups_of(int socket) {
  std::vector<gid_t> groups(64);
  while (true) {
    auto length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) {
      groups.resize(length / sizeof(gid_t));
      return groups;
    }
    if (errno != ERANGE || groups.size() >= kMaxGroups) {
      return system_error(fmt::format("SO_PEERGROUPS: {}", std::strerror(errno)));
    }
    groups.resize(kMaxGroups);
  }
}

}  // namespace

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t length = sizeof(credentials);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return system_error(fmt::format("SO_PEERCRED: {}", std::strerror(errno)));
  }
  Result<std::vector<gid_t>> groups = groups_of(socket);
  if (!groups) {
    return groups.error();
  }
  groups->push_back(credentials.gid);
  return Peer{.user = credentials.uid,
              .process = credentials.pid,
              .groups = std::move(*groups),
              .program = program_of(credentials.pid),
              .login_user = login_user_of(credentials.pid)};
}

std::string to_string(const Peer& peer) {
  return fmt::format("{}, pid {}{}", user_name(peer.user), peer.process,
                     peer.program.empty() ? "" : fmt::format(" ({})", peer.program));
}

std::string command_of(pid_t process) {
  std::string command = read_proc(process, "cmdline");
  while (!command.empty() && command.back() == '\0') {
    command.pop_back();
  }
  std::ranges::replace(command, '\0', ' ');
  return command;
}

bool is_stopped(pid_t process) {
  // "4711 (natto) T …", proc_pid_stat(5); the name in brackets may have any character.
  const std::string status = read_proc(process, "stat");
  const std::size_t name_end = status.rfind(") ");
  return name_end != std::string::npos &&
         (status[name_end + 2] == 'T' || status[name_end + 2] == 't');
}

}  // namespace natto::api
