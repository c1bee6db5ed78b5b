#pragma once

// Reads files of /sys and /proc. What is missing, unreadable or malformed is absent, never an
// error: the doctor reports what it could not check.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace natto {

/// The files under a folder; paths are relative to it, as "sys/devices/system/cpu/online".
class Tree {
 public:
  explicit Tree(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] bool has(const std::filesystem::path& path) const;
  /// The bytes of a regular file, at most kMaxBytes of them.
  [[nodiscard]] std::optional<std::string> bytes(const std::filesystem::path& path) const;
  /// The same without the space at its end.
  [[nodiscard]] std::optional<std::string> text(const std::filesystem::path& path) const;
  /// A file that is one integer, decimal or hexadecimal with 0x.
  [[nodiscard]] std::optional<std::int64_t> number(const std::filesystem::path& path) const;
  /// A file that lists CPUs, as "0-3,5"; ascending.
  [[nodiscard]] std::optional<std::vector<unsigned>> cpus(const std::filesystem::path& path) const;
  /// The names in a folder, sorted; absent if it cannot be listed.
  [[nodiscard]] std::optional<std::vector<std::string>> names(
      const std::filesystem::path& path) const;
  /// The last part of what a symbolic link points to.
  [[nodiscard]] std::optional<std::string> link(const std::filesystem::path& path) const;

  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

 private:
  std::filesystem::path root_;
};

/// The kernel's lists of CPUs: "0-3,5", or nothing; ascending. Absent if it is no such list.
[[nodiscard]] std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text);

/// "0-3,5"
[[nodiscard]] std::string cpu_list(const std::vector<unsigned>& ascending);

/// The first `limit` bytes of a file of any kind, a pipe too. Absent if it cannot be read.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& file,
                                                   std::size_t limit);

}  // namespace natto
