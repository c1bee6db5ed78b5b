#include "runtime/device_locks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "api/peer.hpp"
#include "api/socket_path.hpp"
#include "base/descriptor.hpp"
#include "base/device_arguments.hpp"
#include "dpdk/devargs.hpp"
#include "dpdk/log.hpp"

namespace natto {
namespace {

ino_t network_namespace() {
  struct stat status {};
  return stat("/proc/self/ns/net", &status) == 0 ? status.st_ino : 0;
}

/// root's files must not keep the service's user out of its own folder.
void give_to_owner_of(const std::filesystem::path& folder, int file) {
  struct stat of_folder {};
  struct stat of_file {};
  if (stat(folder.c_str(), &of_folder) == 0 && fstat(file, &of_file) == 0 &&
      of_file.st_uid != of_folder.st_uid) {
    static_cast<void>(fchown(file, of_folder.st_uid, of_folder.st_gid));
  }
}

/// Its last owner removes it: `file` may be one that nobody finds any more.
bool is_still_at(const std::filesystem::path& path, int file) {
  struct stat of_path {};
  struct stat of_file {};
  return stat(path.c_str(), &of_path) == 0 && fstat(file, &of_file) == 0 &&
         of_path.st_dev == of_file.st_dev && of_path.st_ino == of_file.st_ino;
}

Error in_use(const std::string& name, int file) {
  struct flock holder {};
  holder.l_type = F_WRLCK;
  const bool known = fcntl(file, F_GETLK, &holder) == 0 && holder.l_pid > 0;
  return {ErrorKind::kInUse, fmt::format("another natto has the device {}{}\n"
                                         "  both would take its packets: stop that one first",
                                         name,
                                         known ? fmt::format(": pid {}, {}", holder.l_pid,
                                                             api::command_of(holder.l_pid))
                                               : "")};
}

}  // namespace

class DeviceLocks::Lock {
 public:
  Lock(std::filesystem::path path, Descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { unlink(path_.c_str()); }

  [[nodiscard]] static Result<std::shared_ptr<const Lock>> take(const std::filesystem::path& folder,
                                                                const std::string& name) {
    const std::filesystem::path path = folder / (name + ".lock");
    while (true) {
      Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
      if (!file) {
        return system_error(fmt::format("{}: {}", path.string(), std::strerror(errno)));
      }
      give_to_owner_of(folder, file.get());
      // A lock of the process: the kernel says whose it is.
      struct flock whole {};
      whole.l_type = F_WRLCK;
      if (fcntl(file.get(), F_SETLK, &whole) != 0) {
        return errno == EACCES || errno == EAGAIN
                   ? in_use(name, file.get())
                   : system_error(fmt::format("{}: {}", path.string(), std::strerror(errno)));
      }
      if (is_still_at(path, file.get())) {
        return std::make_shared<const Lock>(path, std::move(file));
      }
    }
  }

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

std::vector<std::string> lock_names(const std::vector<std::string>& devices) {
  std::set<std::string> names;
  for (const std::string& device : devices) {
    if (is_pci_device(device)) {
      names.insert(device_name(device));
    }
    for (const std::string& interface : interfaces_of(device)) {
      names.insert(fmt::format("{}@{}", interface, network_namespace()));
    }
  }
  return {names.begin(), names.end()};
}

std::filesystem::path DeviceLocks::place() {
  const Result<std::filesystem::path> socket =
      api::choose_socket_path(std::nullopt, api::default_folders());
  return socket ? socket->parent_path() : std::filesystem::path(api::kServiceFolder);
}

Result<DeviceLocks> DeviceLocks::take(const std::vector<std::string>& devices,
                                      const std::filesystem::path& folder) {
  DeviceLocks locks;
  for (const std::string& name : lock_names(devices)) {
    Result<std::shared_ptr<const Lock>> lock = Lock::take(folder, name);
    if (lock) {
      locks.locks_.push_back(*std::move(lock));
    } else if (lock.error().kind == ErrorKind::kInUse) {
      return lock.error();
    } else {
      log(LogLevel::kWarning, "no lock for the device {}: {}; make sure that no other natto has it",
          name, lock.error().message);
    }
  }
  return locks;
}

}  // namespace natto
