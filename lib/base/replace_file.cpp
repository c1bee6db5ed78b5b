#include "base/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"
#include "base/write_all.hpp"

namespace natto {
namespace {

/// False: errno says why not.
bool give_rights(int descriptor, const std::filesystem::path& like) {
  constexpr mode_t kRights = 0666;
  struct stat status {};
  if (stat(like.c_str(), &status) != 0) {
    return false;
  }
  // Whoever may not give a file away keeps it.
  static_cast<void>(fchown(descriptor, status.st_uid, status.st_gid) == 0);
  return fchmod(descriptor, status.st_mode & kRights) == 0;
}

}  // namespace

bool put_in_place(int descriptor, std::string_view text, const std::filesystem::path& next,
                  const std::filesystem::path& file) {
  if (!write_all(descriptor, text) || fsync(descriptor) != 0 ||
      std::rename(next.c_str(), file.c_str()) != 0) {
    const int why = errno;
    unlink(next.c_str());
    errno = why;
    return false;
  }
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened && fsync(opened.get()) == 0;
}

Status replace_file(const std::filesystem::path& file, std::string_view text,
                    const std::filesystem::path& like) {
  std::string next = file.string() + ".XXXXXX";
  const Descriptor written(mkostemp(next.data(), O_CLOEXEC));
  if (!written) {
    return file_error("write", file);
  }
  if (!give_rights(written.get(), like)) {
    const int why = errno;
    unlink(next.c_str());
    errno = why;
    return file_error("write", file);
  }
  return put_in_place(written.get(), text, next, file) ? Status(Done{}) : file_error("write", file);
}

}  // namespace natto
