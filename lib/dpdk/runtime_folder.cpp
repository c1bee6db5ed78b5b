#include "dpdk/runtime_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/socket_address.hpp"

namespace natto {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "natto-";

/// 0: the folder is no natto's.
pid_t owner_of(const std::string& name) {
  pid_t process = 0;
  if (name.starts_with(kPrefix)) {
    const char* end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + kPrefix.size(), end, process);
    return error == std::errc() && rest == end && process > 0 ? process : 0;
  }
  return 0;
}

Descriptor open_folder(const fs::path& folder) {
  return Descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

/// A process of another pid namespace is not seen, but holds its folder's lock. One that is just
/// starting has no lock yet, but is seen.
bool is_dead(pid_t owner, const fs::path& folder) {
  const Descriptor opened = open_folder(folder);
  return kill(owner, 0) != 0 && errno == ESRCH && opened &&
         flock(opened.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

std::string own_file_prefix() { return fmt::format("{}{}", kPrefix, getpid()); }

// As eal_create_runtime_dir() has it.
fs::path dpdk_folder() {
  const char* place = std::getenv("RUNTIME_DIRECTORY");
  if (place == nullptr && getuid() == 0) {
    place = "/var/run";
  } else if (place == nullptr) {
    place = std::getenv("XDG_RUNTIME_DIR");
  }
  return fs::path(place != nullptr ? place : "/tmp") / "dpdk";
}

void remove_dead_folders(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const pid_t owner = owner_of(entry.path().filename());
    std::error_code ignored;
    if (owner != 0 && is_dead(owner, entry.path())) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

Status can_hold_socket(const fs::path& folder) {
  const fs::path own = folder / own_file_prefix();
  const fs::path trial = own / "natto_trial.socket";  // no shorter than dpdk_telemetry.v2
  const Result<sockaddr_un> address = socket_address(trial);
  if (!address) {
    return address.error();
  }
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto made = [](const fs::path& path) {
    return mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
  };
  if (!made(folder) || !made(own) ||
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    return system_error(
        fmt::format("cannot make a socket in {}: {}", own.string(), std::strerror(errno)));
  }
  unlink(trial.c_str());
  rmdir(own.c_str());
  return Done{};
}

Descriptor hold_folder(const fs::path& folder) {
  Descriptor opened = open_folder(folder);
  flock(opened.get(), LOCK_SH | LOCK_NB);
  return opened;
}

}  // namespace natto
