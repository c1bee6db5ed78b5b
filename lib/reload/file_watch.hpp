#pragma once

// Notices when a file is written, replaced by rename, taken away, given other rights, or reached
// through a symbolic link that now points elsewhere: inotify(7) on its folder.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/result.hpp"

namespace natto {

/// Used by one thread.
class FileWatch {
 public:
  [[nodiscard]] static Result<FileWatch> open(std::filesystem::path file);

  FileWatch(FileWatch&& other) noexcept;
  FileWatch& operator=(FileWatch&&) = delete;
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch();

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  /// Readable (poll(2)) when changed() has something to say.
  [[nodiscard]] int descriptor() const noexcept { return inotify_; }

  /// Takes what happened since the last call. True if the file is now another one, has other
  /// content or rights, or is gone; then false while there is none. Never waits. Call it now and
  /// then without an event, too: folders come and go.
  [[nodiscard]] bool changed();

 private:
  /// Device, inode, size, and time of the last change of content and of the inode.
  using Signature = std::array<std::uint64_t, 7>;

  FileWatch(std::filesystem::path file, int inotify);
  bool watch_folders();
  /// What happened to the file, of inotify's bits.
  [[nodiscard]] std::uint32_t take_events();
  [[nodiscard]] std::optional<Signature> signature() const;
  [[nodiscard]] static std::array<std::uint64_t, 5> content(const Signature& signature);

  std::filesystem::path file_;
  int inotify_;
  int newest_watch_ = -1;
  std::optional<Signature> seen_;
};

}  // namespace natto
