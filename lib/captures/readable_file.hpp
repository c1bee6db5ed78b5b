#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "captures/temporary_file.hpp"

namespace natto {

/// A file as a user names it, readable from its start any number of times: what comes from a pipe,
/// and what a compressed file holds (gzip, zstd, xz, lz4), lies in a temporary file.
class ReadableFile {
 public:
  /// "-" is standard input. Waits for the end of what is a pipe.
  [[nodiscard]] static Result<ReadableFile> open(const std::filesystem::path& named);

  /// Where to read it.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// "a.pcap.gz", "standard input".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// What the program says that uncompressed it, if the file ends too early; else empty.
  [[nodiscard]] const std::string& cut() const noexcept { return cut_; }

 private:
  explicit ReadableFile(const std::filesystem::path& named);
  [[nodiscard]] Status spool(int from);
  [[nodiscard]] Status uncompress();

  std::filesystem::path path_;
  std::string name_;
  std::string cut_;
  std::shared_ptr<const TemporaryFile> temporary_;
};

}  // namespace natto
