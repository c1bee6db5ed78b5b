#include "config/toml/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "config/toml/utf8.hpp"

namespace natto {

Result<std::string> read_file(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::directory) {
    return input_error("is a directory, not a file");
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return input_error("is not a regular file");
  }

  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return input_error(fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
  }
  std::string bytes;
  std::string block(std::size_t{1} << 16, '\0');
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    bytes.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kMaxFileBytes) {
      return input_error(fmt::format("is larger than {} MiB", kMaxFileBytes >> 20));
    }
  }
  if (in.bad()) {
    return input_error(fmt::format("cannot be read: {}", std::generic_category().message(errno)));
  }
  return bytes;
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
