#include "record/line_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"
#include "base/write_all.hpp"

namespace natto {
namespace {

std::string old_file(const std::filesystem::path& path, unsigned number) {
  return number == 0 ? path.string() : fmt::format("{}.{}", path.string(), number);
}

}  // namespace

Status LineFile::append(std::string_view lines) const {
  struct stat status {};
  const bool is_there = stat(path_.c_str(), &status) == 0;
  if (is_there && !S_ISREG(status.st_mode)) {
    return system_error(fmt::format("{} is no regular file", path_.string()));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (is_there && size > 0 && size + lines.size() > most_bytes_) {
    if (const Status moved = move_on(); !moved) {
      return moved.error();
    }
  }
  const Descriptor file(open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!file) {
    return file_error("open", path_);
  }
  if (!write_all(file.get(), lines)) {
    return file_error("write", path_);
  }
  return Done{};
}

Status LineFile::move_on() const {
  for (unsigned number = kOldFiles; number > 0; --number) {
    const std::string from = old_file(path_, number - 1);
    if (rename(from.c_str(), old_file(path_, number).c_str()) != 0 && errno != ENOENT) {
      return file_error("rename", from);
    }
  }
  return Done{};
}

}  // namespace natto
