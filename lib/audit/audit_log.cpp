#include "audit/audit_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>

#include "audit/event_line.hpp"
#include "base/file_error.hpp"
#include "base/write_all.hpp"

namespace natto {

Result<AuditLog::Appended> AuditLog::append(const AuditEvent& event, std::uint64_t missing) {
  if (!file_ || !is_at_path()) {
    if (const Status opened = open_again(); !opened) {
      return opened.error();
    }
  }
  if (const Status read = catch_up(); !read) {
    return read.error();
  }
  ChainPosition newest = newest_;
  Appended appended;
  const auto add = [&](const std::string& line) {
    appended.lines += line + '\n';
    newest = {newest.sequence + 1, sha256_hex(line)};
  };
  const WallTime now = std::chrono::system_clock::now();
  std::string_view broken = tail_;
  const bool lacks_line_feed = !broken.empty() && broken.back() != '\n';
  if (!broken.empty()) {
    broken.remove_suffix(lacks_line_feed ? 0 : 1);
    add(broken_tail_line({.bytes = broken.size(), .sha256 = sha256_hex(broken)}, newest, now));
  }
  if (before_) {
    add(new_file_line(*before_, newest, now));
  }
  add(event_line(event, newest, missing));

  const std::string text = (lacks_line_feed ? "\n" : "") + appended.lines;
  if (!write_all(file_.get(), text)) {
    return file_error("write", path_);
  }
  end_ += tail_.size() + text.size();
  newest_ = newest;
  tail_.clear();
  before_.reset();
  if (fdatasync(file_.get()) != 0) {
    appended.synced = file_error("sync", path_);
  }
  return appended;
}

Status AuditLog::open_again() {
  std::error_code ignored;  // opening tells
  std::filesystem::create_directories(path_.parent_path(), ignored);
  Descriptor file(open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
  if (!file) {
    return file_error("open", path_);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return system_error(fmt::format("{} is no regular file", path_.string()));
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return system_error(fmt::format("another process writes to {}", path_.string()));
  }
  if (newest_.sequence > 0) {
    before_ = newest_;
  }
  file_ = std::move(file);
  end_ = 0;
  newest_ = {};
  return Done{};
}

/// The file that is open may have been moved or removed.
bool AuditLog::is_at_path() const {
  struct stat ours {};
  struct stat at_path {};
  return fstat(file_.get(), &ours) == 0 && stat(path_.c_str(), &at_path) == 0 &&
         ours.st_ino == at_path.st_ino && ours.st_dev == at_path.st_dev;
}

/// Reads what is behind the newest line that is known: all of a file that was just opened, or what
/// there is of a line that was not written to its end.
Status AuditLog::catch_up() {
  tail_.clear();
  std::uint64_t read_to = end_;
  std::array<char, 65'536> piece{};
  while (true) {
    const ssize_t size =
        pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(read_to));
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size < 0) {
      return file_error("read", path_);
    }
    if (size == 0) {
      return Done{};
    }
    read_to += static_cast<std::uint64_t>(size);
    const std::size_t had = tail_.size();
    tail_.append(piece.data(), static_cast<std::size_t>(size));
    take_lines(had);
  }
}

/// Whole lines of the audit, from `tail_`; its first `from` bytes have been looked at.
void AuditLog::take_lines(std::size_t from) {
  std::size_t begin = from == 0 ? 0 : tail_.rfind('\n', from - 1) + 1;  // of the line
  std::size_t taken = 0;
  for (std::size_t end = tail_.find('\n', from); end != std::string::npos;
       end = tail_.find('\n', begin)) {
    const auto position =
        ChainReader::position_of(std::string_view(tail_).substr(begin, end - begin));
    begin = end + 1;
    if (position) {
      newest_ = *position;
      taken = begin;
    }
  }
  end_ += taken;
  tail_.erase(0, taken);
}

}  // namespace natto
