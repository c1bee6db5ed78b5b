#include "reload/file_watch.hpp"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>
#include <utility>

namespace natto {
namespace {

// Not IN_MODIFY: a file that is being written is not to be read yet.
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

}  // namespace

Result<FileWatch> FileWatch::open(std::filesystem::path file) {
  const int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify < 0) {
    return system_error(
        fmt::format("cannot watch {} for changes: {}\n"
                    "  raise fs.inotify.max_user_instances",
                    file.string(), std::strerror(errno)));
  }
  return FileWatch(std::move(file), inotify);
}

FileWatch::FileWatch(std::filesystem::path file, int inotify)
    : file_(std::move(file)), inotify_(inotify) {
  watch_folders();
  seen_ = signature();
}

FileWatch::FileWatch(FileWatch&& other) noexcept
    : file_(std::move(other.file_)),
      inotify_(std::exchange(other.inotify_, -1)),
      newest_watch_(other.newest_watch_),
      seen_(other.seen_) {}

FileWatch::~FileWatch() {
  if (inotify_ >= 0) {
    close(inotify_);
  }
}

// The folder that names the file, and the one where it really is. Adding a watch again does
// nothing, so that a true answer means that a folder is new.
bool FileWatch::watch_folders() {
  std::error_code error;
  const auto folder = [](const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  };
  int newest = inotify_add_watch(inotify_, folder(file_).c_str(), kEvents);
  if (const auto real = std::filesystem::canonical(file_, error); !error) {
    newest = std::max(newest, inotify_add_watch(inotify_, folder(real).c_str(), kEvents));
  }
  const bool is_new = newest > newest_watch_;
  newest_watch_ = std::max(newest, newest_watch_);
  return is_new;
}

bool FileWatch::changed() {
  const bool folder_is_new = watch_folders();
  const std::uint32_t events = take_events();
  const auto now = signature();
  const bool is_gone = seen_ && !now;
  // A file that is being written may be given its rights before it is whole.
  const bool has_other_rights =
      events == IN_ATTRIB && seen_ && now && content(*seen_) == content(*now);
  if (!is_gone && !has_other_rights && (events & ~std::uint32_t{IN_ATTRIB}) == 0 &&
      !folder_is_new) {
    return false;
  }
  return std::exchange(seen_, now) != now;
}

std::uint32_t FileWatch::take_events() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  std::error_code error;
  // Where links lead to the file, any change around may be the one of a link.
  const auto real = std::filesystem::canonical(file_, error);
  const bool linked = !error && real != std::filesystem::absolute(file_, error).lexically_normal();
  std::uint32_t relevant = 0;
  while (true) {
    const ssize_t length = read(inotify_, buffer.data(), buffer.size());
    if (length <= 0) {
      return relevant;
    }
    for (ssize_t at = 0; at < length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(&buffer[static_cast<size_t>(at)]);
      const bool overflow = (event->mask & IN_Q_OVERFLOW) != 0;
      const bool created = (event->mask & IN_CREATE) != 0;  // and not written yet
      const bool named = event->len > 0 && file_.filename() == event->name;
      if (overflow || linked || (named && !created)) {
        relevant |= event->mask;
      }
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

std::optional<FileWatch::Signature> FileWatch::signature() const {
  struct stat status {};
  if (stat(file_.c_str(), &status) != 0) {
    return std::nullopt;
  }
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  return Signature{number(status.st_dev),          number(status.st_ino),
                   number(status.st_size),         number(status.st_mtim.tv_sec),
                   number(status.st_mtim.tv_nsec), number(status.st_ctim.tv_sec),
                   number(status.st_ctim.tv_nsec)};
}

// All but the time of the last change of the inode.
std::array<std::uint64_t, 5> FileWatch::content(const Signature& signature) {
  return {signature[0], signature[1], signature[2], signature[3], signature[4]};
}

}  // namespace natto
