#include "config/toml/source_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/descriptor.hpp"
#include "config/toml/utf8.hpp"

namespace natto {

Result<std::string> read_bounded_file(const std::filesystem::path& file, std::size_t most_bytes) {
  const auto cannot = [](std::string_view what, int why) {
    return input_error(fmt::format("cannot be {}: {}", what, std::generic_category().message(why)));
  };
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!opened) {
    const int why = errno;  // of a socket: that it cannot be opened so
    return why == ENXIO ? input_error("is not a regular file") : cannot("opened", why);
  }
  struct stat status {};
  if (fstat(opened.get(), &status) != 0) {
    return cannot("read", errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return input_error("is a directory, not a file");
  }
  if (!S_ISREG(status.st_mode)) {
    return input_error("is not a regular file");
  }
  std::string bytes;
  std::string block(std::size_t{1} << 16, '\0');
  while (true) {
    const ssize_t count = read(opened.get(), block.data(), block.size());
    if (count < 0 && errno != EINTR) {
      return cannot("read", errno);
    }
    if (count == 0) {
      return bytes;
    }
    bytes.append(block, 0, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (bytes.size() > most_bytes) {
      const bool is_small = most_bytes < std::size_t{1} << 20;
      return input_error(fmt::format("is larger than {} {}", most_bytes >> (is_small ? 10 : 20),
                                     is_small ? "KiB" : "MiB"));
    }
  }
}

Result<std::string> read_file(const std::filesystem::path& file) {
  return read_bounded_file(file, kMaxFileBytes);
}

SourceText::SourceText(std::string bytes) : bytes_(std::move(bytes)) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (bytes_.starts_with(kByteOrderMark)) {
    bytes_.erase(0, kByteOrderMark.size());
  }
  line_starts_.push_back(0);
  for (std::size_t i = bytes_.find('\n'); i != std::string::npos; i = bytes_.find('\n', i + 1)) {
    line_starts_.push_back(i + 1);
  }
}

Position SourceText::position(std::size_t offset) const noexcept {
  const auto next_line = std::ranges::upper_bound(line_starts_, offset);
  const std::size_t line = static_cast<std::size_t>(next_line - line_starts_.begin());
  const std::size_t start = *(next_line - 1);
  const auto before = bytes().substr(start, offset - start);
  const auto characters = std::ranges::count_if(before, begins_character);
  return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(characters + 1)};
}

std::size_t SourceText::offset(std::size_t line, std::size_t bytes_before) const noexcept {
  if (line > line_starts_.size()) {
    return bytes_.size();
  }
  return std::min(line_starts_[line - 1] + bytes_before, bytes_.size());
}

}  // namespace natto
