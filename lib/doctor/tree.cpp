#include "doctor/tree.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <system_error>

namespace natto {
namespace {

/// More than any kernel has.
constexpr unsigned kMaxCpus = 65'536;

template <typename T>
std::optional<T> parse_integer(std::string_view text, int base) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

}  // namespace

bool Tree::has(const std::filesystem::path& path) const {
  std::error_code error;
  return std::filesystem::exists(root_ / path, error);
}

std::optional<std::string> Tree::bytes(const std::filesystem::path& path) const {
  std::error_code error;
  if (!std::filesystem::is_regular_file(root_ / path, error)) {
    return std::nullopt;
  }
  return read_file(root_ / path, kMaxBytes);
}

std::optional<std::string> Tree::text(const std::filesystem::path& path) const {
  auto text = bytes(path);
  if (text) {
    text->erase(text->find_last_not_of(" \t\n") + 1);
  }
  return text;
}

std::optional<std::int64_t> Tree::number(const std::filesystem::path& path) const {
  const auto found = text(path);
  if (!found) {
    return std::nullopt;
  }
  return found->starts_with("0x") ? parse_integer<std::int64_t>(found->substr(2), 16)
                                  : parse_integer<std::int64_t>(*found, 10);
}

std::optional<std::vector<unsigned>> Tree::cpus(const std::filesystem::path& path) const {
  const auto found = text(path);
  return found ? parse_cpu_list(*found) : std::nullopt;
}

std::optional<std::vector<std::string>> Tree::names(const std::filesystem::path& path) const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(root_ / path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) {
    return std::nullopt;
  }
  std::ranges::sort(names);
  return names;
}

std::optional<std::string> Tree::link(const std::filesystem::path& path) const {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(root_ / path, error);
  return error ? std::nullopt : std::optional(target.filename().string());
}

std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text) {
  std::vector<unsigned> cpus;
  // So older kernels print the list that was never set.
  if (text.empty() || text == "(null)") {
    return cpus;
  }
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = parse_integer<unsigned>(part.substr(0, dash), 10);
    const auto last =
        dash == std::string_view::npos ? first : parse_integer<unsigned>(part.substr(dash + 1), 10);
    if (!first || !last || *first > *last || *last >= kMaxCpus ||
        (!cpus.empty() && *first <= cpus.back())) {
      return std::nullopt;
    }
    for (unsigned cpu = *first; cpu <= *last; ++cpu) {
      cpus.push_back(cpu);
    }
    if (comma == std::string_view::npos) {
      return cpus;
    }
    text.remove_prefix(comma + 1);
  }
}

std::string cpu_list(const std::vector<unsigned>& ascending) {
  std::string list;
  for (std::size_t begin = 0, end = 0; begin < ascending.size(); begin = end) {
    end = begin + 1;
    while (end < ascending.size() && ascending[end] == ascending[end - 1] + 1) {
      ++end;
    }
    list += list.empty() ? "" : ",";
    list += std::to_string(ascending[begin]);
    if (end - begin > 1) {
      list += "-" + std::to_string(ascending[end - 1]);
    }
  }
  return list;
}

std::optional<std::string> read_file(const std::filesystem::path& file, std::size_t limit) {
  std::error_code error;
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file, error)) {
    return std::nullopt;
  }
  std::string bytes;
  char block[4096];
  while (bytes.size() < limit && (in.read(block, sizeof(block)), in.gcount() > 0)) {
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) {
    return std::nullopt;
  }
  bytes.resize(std::min(bytes.size(), limit));
  return bytes;
}

}  // namespace natto
