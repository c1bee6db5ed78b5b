#include "api/socket_path.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace natto::api {
namespace {

bool is_writable(const std::filesystem::path& folder) {
  return access(folder.c_str(), W_OK | X_OK) == 0;
}

/// Makes `folder` if it is not there; that it fails shows when it is used.
void make(const std::filesystem::path& folder, mode_t mode) {
  if (mkdir(folder.c_str(), mode) == 0) {
    chmod(folder.c_str(), mode);  // whatever the umask
  }
}

}  // namespace

std::filesystem::path user_folder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  return runtime != nullptr && *runtime == '/' ? fmt::format("{}/natto", runtime)
                                               : fmt::format("/tmp/natto-{}", geteuid());
}

std::vector<std::filesystem::path> default_folders() { return {kServiceFolder, user_folder()}; }

bool is_own_folder(const std::filesystem::path& folder) {
  struct stat status {};
  return lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<std::filesystem::path> choose_socket_path(
    const std::optional<std::filesystem::path>& configured,
    const std::vector<std::filesystem::path>& folders) {
  if (configured) {
    make(configured->parent_path(), 0755);
    return *configured;
  }
  const std::filesystem::path& shared = folders.front();
  make(shared, 0755);
  if (is_writable(shared)) {
    return shared / kSocketName;
  }
  const std::filesystem::path& own = folders.back();
  make(own, 0700);
  if (!is_own_folder(own) || !is_writable(own)) {
    return system_error(
        fmt::format("there is no place for natto's socket: {} cannot be written, and {} is not a "
                    "folder of this user's own\n  remove it, or name another place: [api] socket",
                    shared.string(), own.string()));
  }
  return own / kSocketName;
}

std::vector<std::filesystem::path> find_sockets(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::filesystem::path> sockets;
  for (const auto& folder : folders) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      std::error_code ignored;
      if (entry.path().extension() == ".sock" &&
          std::filesystem::is_socket(entry.path(), ignored)) {
        sockets.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(sockets);
  return sockets;
}

}  // namespace natto::api
