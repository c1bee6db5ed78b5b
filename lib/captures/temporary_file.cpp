#include "captures/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace natto {

Result<TemporaryFile> TemporaryFile::create() {
  std::error_code none;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(none);
  std::string name = (folder / "natto-XXXXXX").string();
  Descriptor file(mkostemp(name.data(), O_CLOEXEC));
  if (none || !file) {
    return system_error(fmt::format(
        "cannot make a temporary file in {}: {}\nSet TMPDIR to a folder that can be written.",
        folder.string(), none ? none.message() : std::strerror(errno)));
  }
  unlink(name.c_str());
  return TemporaryFile(std::move(file));
}

std::filesystem::path TemporaryFile::path() const {
  return fmt::format("/proc/self/fd/{}", descriptor_.get());
}

}  // namespace natto
