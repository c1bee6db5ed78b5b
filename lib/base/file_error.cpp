#include "base/file_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace natto {

Error file_error(std::string_view what, const std::filesystem::path& file) {
  return system_error(fmt::format("cannot {} {}: {}", what, file.string(), std::strerror(errno)));
}

}  // namespace natto
